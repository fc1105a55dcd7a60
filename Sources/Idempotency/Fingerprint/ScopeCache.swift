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
  private let scopes = NIOLockedValueBox<[Caller: Scope]>([:])

  init(pepper: Pepper) {
    self.pepper = pepper
  }

  /// A caller as its scope's hash takes it, byte for byte: two texts that mean the same character are two callers.
  private struct Caller: Hashable {
    let principal: Principal

    static func == (left: Caller, right: Caller) -> Bool {
      left.principal.fields.elementsEqual(right.principal.fields) { left, right in
        isSame(left.name, right.name) && isSame(left.value, right.value)
      }
    }

    private static func isSame(_ left: String?, _ right: String?) -> Bool {
      guard let left, let right else { return left == nil && right == nil }
      return left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    func hash(into hasher: inout Hasher) {
      for field in principal.fields {
        var (name, value) = (field.name, field.value ?? "")
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        value.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
      }
    }
  }

  /// How many are remembered.
  var count: Int { scopes.withLockedValue { $0.count } }

  /// The scope of a caller, where nothing else makes it.
  func scope(of caller: Principal) -> Scope {
    let key = Caller(principal: caller)
    if let known = scopes.withLockedValue({ $0[key] }) { return known }
    let scope = Scope(entries: caller.fields.map { ($0.name, $0.value) }, pepper: pepper)
    let bytes = caller.fields.reduce(0) { $0 + ($1.value?.utf8.count ?? 0) }
    guard bytes <= Self.maximumValueBytes else { return scope }
    scopes.withLockedValue { scopes in
      // All at once: whoever comes again costs one hash, and no order of use has to be kept.
      if scopes.count >= Self.capacity { scopes.removeAll(keepingCapacity: true) }
      scopes[key] = scope
    }
    return scope
  }
}
