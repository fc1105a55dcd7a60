import Idempotency

/// Who is calling, or how to find out.
enum Resolution: Sendable {
  /// It is known at once: this caller, or nobody that is known (nil: rule A5).
  case known(Principal?)
  /// A token must be verified first, which takes an event loop too long.
  case verify(@Sendable () async -> Principal?)
}
