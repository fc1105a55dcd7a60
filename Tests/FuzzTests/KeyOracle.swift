/// What a field line must give, told by reading its bytes once, with no grammar of structured fields behind the string.
enum KeyOracle {
  enum Verdict: Equatable {
    case refused
    case key([UInt8])
    /// The key, unless something behind its closing quote is no parameter.
    case keyOrRefused([UInt8])
  }

  static func verdict(_ line: [UInt8], strict: Bool) -> Verdict {
    let bytes = trimmed(line[...])
    guard let first = bytes.first else { return .refused }
    guard bytes.allSatisfy({ (0x20...0x7E).contains($0) || $0 == 0x09 && first == quote }) else { return .refused }
    if first == quote { return quoted(bytes.dropFirst()) }
    return strict || bytes.contains(UInt8(ascii: ",")) || bytes.count > 255 ? .refused : .key(Array(bytes))
  }

  private static func quoted(_ bytes: ArraySlice<UInt8>) -> Verdict {
    var key: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst(), byte != 0x09 {
      if byte == quote {
        guard (1...255).contains(key.count), key.contains(where: { $0 != 0x20 }) else { return .refused }
        if rest.isEmpty { return .key(key) }
        return rest.first == UInt8(ascii: ";") ? .keyOrRefused(key) : .refused
      }
      guard byte == UInt8(ascii: "\\") else {
        key.append(byte)
        continue
      }
      guard let escaped = rest.popFirst(), escaped == quote || escaped == byte else { return .refused }
      key.append(escaped)
    }
    return .refused
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while line.first == 0x20 || line.first == 0x09 { line.removeFirst() }
    while line.last == 0x20 || line.last == 0x09 { line.removeLast() }
    return line
  }

  private static let quote = UInt8(ascii: "\"")
}
