/// Whose keys these are: the same key in two scopes names two operations (CONFORMANCE F7, F10).
///
/// The values themselves, credentials among them, never reach the store: only their keyed hash does.
public struct Scope: Sendable, Hashable {
  /// 32 lower-case hexadecimal digits, or `-` for the empty scope: safe in a record's name.
  public let text: String

  /// The scope that all callers share: `scope: []`.
  public static let empty = Scope(text: "-")

  private init(text: String) {
    self.text = text
  }

  /// Makes the scope of a request: the first 128 bits of the HMAC of frame("scope/1", name and value of each entry …).
  ///
  /// - Parameters:
  ///   - entries: Name and value in the configured order, the principal expanded to its fields; names of HTTP fields
  ///     in lower case; a value that is not there is nil and differs from every value. None at all is ``empty``.
  ///   - pepper: What keys the hash.
  public init(entries: [(name: String, value: String?)], pepper: Pepper) {
    guard !entries.isEmpty else {
      self = .empty
      return
    }
    var writer = FrameWriter(pepper, label: "scope/1")
    writer.append(pairs: entries)
    let digest = writer.digest128()
    text = Hexadecimal.text(high: digest.high, low: digest.low)
  }
}
