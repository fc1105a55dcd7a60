import Idempotency

/// What earlier proxies say in `Forwarded` (RFC 7239), which the origin reads together with this worker's own element.
enum ForwardedField {
  /// Whether a list can have another element behind it: each member is `name=value` pairs, and every quote is closed.
  ///
  /// Behind an open quote this worker's own element would be a part of the text.
  static func isList(_ value: String) -> Bool {
    var place = Place.name
    var length = 0
    for byte in value.utf8 {
      switch (place, byte) {
      case (.name, UInt8(ascii: " ")) where length == 0, (.name, UInt8(ascii: "\t")) where length == 0: continue
      case (.name, UInt8(ascii: ",")) where length == 0, (.name, UInt8(ascii: ";")) where length == 0: continue
      case (.name, UInt8(ascii: "=")) where length > 0: (place, length) = (.value, 0)
      case (.name, _):
        guard FieldGrammar.isToken(byte) else { return false }
        length += 1
      case (.value, UInt8(ascii: "\"")) where length == 0: place = .quoted
      case (.value, UInt8(ascii: ",")) where length > 0, (.value, UInt8(ascii: ";")) where length > 0:
        (place, length) = (.name, 0)
      case (.value, UInt8(ascii: " ")) where length > 0, (.value, UInt8(ascii: "\t")) where length > 0:
        place = .behindValue
      case (.value, _):
        // Many proxies write an address and its port without quotes.
        guard
          FieldGrammar.isToken(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "[")
            || byte == UInt8(ascii: "]")
        else { return false }
        length += 1
      case (.quoted, UInt8(ascii: "\"")): place = .behindValue
      case (.quoted, UInt8(ascii: "\\")): place = .escaped
      case (.quoted, _): continue
      case (.escaped, _): place = .quoted
      case (.behindValue, UInt8(ascii: " ")), (.behindValue, UInt8(ascii: "\t")): continue
      case (.behindValue, UInt8(ascii: ",")), (.behindValue, UInt8(ascii: ";")): (place, length) = (.name, 0)
      case (.behindValue, _): return false
      }
    }
    return place == .behindValue || place == .name && length == 0 || place == .value && length > 0
  }

  private enum Place {
    case name, value, quoted, escaped, behindValue
  }

  /// The list that says what `X-Forwarded-*` say, so that the two do not contradict each other.
  ///
  /// - Parameters:
  ///   - addresses: `X-Forwarded-For`, the client first; nil where it is absent.
  ///   - scheme: `X-Forwarded-Proto`, as the client's proxy saw it.
  ///   - host: `X-Forwarded-Host`, likewise.
  /// - Returns: The list; nil where they say nothing.
  static func derived(addresses: String?, scheme: String?, host: String?) -> String? {
    guard addresses != nil || scheme != nil || host != nil else { return nil }
    var elements = (addresses ?? "unknown").split(separator: ",").map { "for=\(node(String($0.trimmed)))" }
    if elements.isEmpty { elements = ["for=unknown"] }
    if let scheme, !scheme.isEmpty, scheme.utf8.allSatisfy({ FieldGrammar.isToken($0) }) {
      elements[0] += ";proto=\(scheme)"
    }
    if let host, isPlain(host) { elements[0] += ";host=\"\(host)\"" }
    return elements.joined(separator: ", ")
  }

  /// An address as RFC 7239 section 6 has it: in brackets and quotes where it has colons.
  private static func node(_ address: String) -> String {
    guard isPlain(address) else { return "unknown" }
    guard address.contains(":") else {
      return address.utf8.allSatisfy({ FieldGrammar.isToken($0) }) ? address : "unknown"
    }
    let isBare = !address.hasPrefix("[") && address.count(where: { $0 == ":" }) > 1
    return isBare ? "\"[\(address)]\"" : "\"\(address)\""
  }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { FieldGrammar.isToken($0) || "[]:".utf8.contains($0) }
  }
}
