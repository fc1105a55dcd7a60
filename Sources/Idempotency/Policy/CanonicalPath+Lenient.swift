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

  /// All readings: everything decoded once or twice, then each combination of ending at NUL, taking `\` for a slash and
  /// cutting the parameters of segments.
  ///
  /// A raw `#` always ends the path, as URL parsers have it.
  static func lenientReadings(of path: Substring.UTF8View) -> [[UInt8]] {
    let decoded = decodeAll(path.prefix { $0 != UInt8(ascii: "#") })
    var readings = [decoded]
    func add(_ transform: ([UInt8]) -> [UInt8]) {
      for reading in readings {
        let other = transform(reading)
        if other != reading { readings.append(other) }
      }
    }
    add { decodeAll($0[...]) }
    add { Array($0.prefix { $0 != 0 }) }
    add { $0.map { $0 == UInt8(ascii: "\\") ? slash : $0 } }
    add(withoutParameters)
    return readings.map(resolved)
  }

  private static func withoutParameters(_ path: [UInt8]) -> [UInt8] {
    guard path.contains(UInt8(ascii: ";")) else { return path }
    return path.split(separator: slash).reduce(into: []) { $0 += [slash] + $1.prefix { $0 != UInt8(ascii: ";") } }
  }

  private static func decodeAll(_ path: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var index = path.startIndex
    while index != path.endIndex {
      let octet = PercentEncoding.octet(in: path, at: index)
      output.append(octet ?? path[index])
      path.formIndex(&index, offsetBy: octet == nil ? 1 : 3)
    }
    return output
  }

  /// Merges slashes and resolves dot segments (RFC 3986 section 5.2.4); a trailing slash goes too.
  private static func resolved(_ path: [UInt8]) -> [UInt8] {
    var segments: [ArraySlice<UInt8>] = []
    for segment in path.split(separator: slash) {
      if !isDotSegment(segment) {
        segments.append(segment)
      } else if segment.dropFirst().first == UInt8(ascii: ".") {
        _ = segments.popLast()
      }
    }
    return segments.isEmpty ? [slash] : segments.reduce(into: []) { $0 += [slash] + $1 }
  }

  /// Whether a segment is `.` or `..`; also `..;x`, because Java servers cut a segment's parameters before they look.
  private static func isDotSegment(_ segment: some Collection<UInt8>) -> Bool {
    let name = segment.prefix { $0 != UInt8(ascii: ";") }
    return (1...2).contains(name.count) && name.allSatisfy { $0 == UInt8(ascii: ".") }
  }
}
