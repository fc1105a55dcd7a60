internal import HTTPTypes
internal import Hummingbird
internal import Idempotency

/// How long a handler says that its answer is.
enum DeclaredLength: Equatable {
  case none
  case bytes(Int)
  /// The fields hold no length, or several that differ (RFC 9110 section 8.6).
  case invalid

  /// Reads `Content-Length`; where there is none, the body's own length.
  init(_ response: Response) {
    guard let text = response.headers[.contentLength] else {
      self = response.body.contentLength.map { .bytes($0) } ?? .none
      return
    }
    self = .none
    for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let length = Self.number(part), self == .none || self == .bytes(length) else {
        self = .invalid
        return
      }
      self = .bytes(length)
    }
  }

  /// The number that digits write, with blanks around them; nil for anything else.
  private static func number(_ text: Substring.UTF8View) -> Int? {
    let digits = Substring(text).trimmed
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int(digits)
  }
}

extension Response {
  /// Whether an answer of this status has a body at all (RFC 9110 section 6.4.1).
  var mayHaveBody: Bool { status.code >= 200 && status.code != 204 && status.code != 304 }

  /// Leaves the framing of the message to the server: one length at most, and no transfer coding.
  mutating func normalizeFraming(_ length: DeclaredLength) {
    if headers.contains(.transferEncoding) { headers[.transferEncoding] = nil }
    guard case .bytes(let count) = length, let text = headers[.contentLength] else { return }
    // Several equal ones, or one with blanks or zeros around it.
    if text.utf8.contains(UInt8(ascii: ",")) || text != String(count) { headers[.contentLength] = String(count) }
  }
}
