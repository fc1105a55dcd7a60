/// Why a body is not JSON that can be compared; the answer is 400 request-malformed.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: String, Sendable, Hashable {
    /// The text does not follow the grammar of RFC 8259.
    case syntax = "The text does not follow the grammar of JSON"
    /// The bytes are not UTF-8 (RFC 8259 section 8.1).
    case encoding = "The text is not valid UTF-8"
    /// An object has two members of one name, which readers resolve differently (RFC 8259 section 4).
    case duplicateMember = "An object has two members of the same name"
    /// An escape names half of a surrogate pair, which is no character (RFC 8259 section 8.2, RFC 7493 section 2.1).
    case loneSurrogate = "An escape sequence names half of a surrogate pair"
    /// Arrays and objects are nested deeper than ``CanonicalJSON/maximumDepth``.
    case depth = "Arrays and objects are nested too deeply"
    /// A number's exponent has more than 18 digits.
    case exponent = "A number has an exponent of more than 18 digits"
  }

  /// What is wrong.
  public let reason: Reason
  /// Where, in bytes from the beginning of the body.
  public let offset: Int

  /// A sentence for a problem's `detail`; it holds nothing of the body.
  public var description: String { "\(reason.rawValue) (byte \(offset))." }
}
