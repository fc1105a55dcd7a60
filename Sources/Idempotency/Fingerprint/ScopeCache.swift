internal import NIOConcurrencyHelpers

/// The scopes of the callers that came last.
///
/// Most callers come again, and to hash who they are costs as much as to hash what they ask for. What is kept never
/// leaves this process: values that may be credentials are in its memory anyway while their requests are.
final class ScopeCache: Sendable {
  /// 4,096 callers: with the longest values that are kept some 2 MiB.
  static let capacity = 4_096
  /// Whose values are longer altogether, in bytes, is not remembered: what callers send must not fill the memory.
  static let maximumValueBytes = 256

  private let pepper: Pepper
  private let scopes = NIOLockedValueBox<[Principal: Scope]>([:])

  init(pepper: Pepper) {
    self.pepper = pepper
  }

  /// How many are remembered.
  var count: Int { scopes.withLockedValue { $0.count } }

  /// The scope of a caller, where nothing else makes it.
  func scope(of caller: Principal) -> Scope {
    if let known = scopes.withLockedValue({ $0[caller] }) { return known }
    let scope = Scope(entries: caller.entries, pepper: pepper)
    let bytes = caller.fields.reduce(0) { $0 + ($1.value?.utf8.count ?? 0) }
    guard bytes <= Self.maximumValueBytes else { return scope }
    scopes.withLockedValue { scopes in
      // All at once: whoever comes again costs one hash, and no order of use has to be kept.
      if scopes.count >= Self.capacity { scopes.removeAll(keepingCapacity: true) }
      scopes[caller] = scope
    }
    return scope
  }
}
