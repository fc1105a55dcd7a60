import Idempotency

/// Who is calling, or how to find out.
enum Resolution: Sendable {
  /// It is known at once: this caller, or why nobody can tell (rule A5).
  case known(Caller)
  /// A token must be verified first, which takes an event loop too long.
  case verify(@Sendable () async -> Caller)
}
