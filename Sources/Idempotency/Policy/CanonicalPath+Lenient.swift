extension CanonicalPath {
  /// Whether a path is its own canonical form and every router reads it alike; the one test that every request pays for.
  static func isPlain(_ path: Substring.UTF8View) -> Bool {
    var previous: UInt8 = 0
    for byte in path {
      switch byte {
      case UInt8(ascii: "%"), UInt8(ascii: "\\"), UInt8(ascii: "#"), UInt8(ascii: ";"), 0: return false
      case UInt8(ascii: "."), slash:
        if previous == slash { return false }
      default: break
      }
      previous = byte
    }
    return true
  }

  /// Decodes unreserved characters and upper-cases the other encodings; a `%` that encodes nothing stays.
  static func canonical(_ path: Substring.UTF8View) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(path.count)
    var index = path.startIndex
    while index != path.endIndex {
      guard let byte = PercentEncoding.octet(in: path, at: index) else {
        output.append(path[index])
        path.formIndex(after: &index)
        continue
      }
      if PercentEncoding.isUnreserved(byte) {
        output.append(byte)
      } else {
        PercentEncoding.appendEncoded(byte, to: &output)
      }
      path.formIndex(&index, offsetBy: 3)
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Whether a path holds what routers read differently.
  static func isSuspicious(_ path: Substring.UTF8View) -> Bool {
    var previous: UInt8 = 0
    for index in path.indices {
      switch path[index] {
      case UInt8(ascii: "\\"), UInt8(ascii: "#"), 0: return true
      case slash where previous == slash: return true
      case UInt8(ascii: "%"):
        switch PercentEncoding.octet(in: path, at: index) {
        case slash, UInt8(ascii: "\\"), UInt8(ascii: "."), 0: return true
        default: break
        }
      default: break
      }
      previous = path[index]
    }
    return path.split(separator: slash).contains { isDotSegment($0) }
  }

  /// Whether some routers read a path otherwise that is not suspicious: it holds a segment's parameters, or a
  /// percent-encoding that is encoded itself.
  static func isReadOtherwise(_ path: Substring.UTF8View) -> Bool {
    path.indices.contains { index in
      switch PercentEncoding.octet(in: path, at: index) ?? path[index] {
      case UInt8(ascii: ";"), UInt8(ascii: "%"): true
      default: false
      }
    }
  }

  /// Whether a segment is `.` or `..`; also `..;x`, because Java servers cut a segment's parameters before they look.
  private static func isDotSegment(_ segment: some Collection<UInt8>) -> Bool {
    let name = segment.prefix { $0 != UInt8(ascii: ";") }
    return (1...2).contains(name.count) && name.allSatisfy { $0 == UInt8(ascii: ".") }
  }
}
