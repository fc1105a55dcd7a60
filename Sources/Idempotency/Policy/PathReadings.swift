/// What servers may make of a path before they look for a route: every result of a few steps, in any order.
///
/// Each step is one that some server takes: decoding, cutting a segment's parameters, `\` for a slash, an end at NUL or
/// `#`, merging slashes, resolving dot segments, an authority after `//`. No order is assumed, because servers differ in it
/// and stand behind each other: one resolves `..` before it decodes a slash, the next one after.
struct PathReadings {
  /// All of them, decoded; bounded by ``maximumCount``.
  private(set) var all: [[UInt8]] = []
  /// There are more than are looked at: whoever sends such a path has no honest reason to.
  private(set) var areTooMany = false

  /// A path with a double slash, a dot segment and an encoded slash has some twenty.
  private static let maximumCount = 256
  /// Bytes that every step looks at, in all readings.
  ///
  /// A path of 1,000 bytes may have thirty readings, and the worst of paths takes two milliseconds (rule W9).
  private static let maximumBytes = 32 * 1024
  /// Segments that every step looks at, in all readings; each costs as much as some ten bytes.
  private static let maximumSegments = 4 * 1024

  init(of path: Substring.UTF8View) {
    var seen: Set<[UInt8]> = []
    var (bytes, segments) = (0, 0)
    var waiting = [Array(path)]
    while let reading = waiting.popLast() {
      guard seen.insert(reading).inserted else { continue }
      bytes += reading.count
      segments += reading.count { $0 == Self.slash }
      guard seen.count <= Self.maximumCount, bytes <= Self.maximumBytes, segments <= Self.maximumSegments else {
        areTooMany = true
        return
      }
      all.append(reading)
      for step in Self.steps {
        let next = step(reading)
        if next != reading { waiting.append(next) }
      }
    }
  }

  private static let slash = CanonicalPath.slash
  private static let steps: [@Sendable ([UInt8]) -> [UInt8]] = [
    decoded, withDecodedDots, withoutParameters, { $0.map { $0 == UInt8(ascii: "\\") ? slash : $0 } },
    { Array($0.prefix { $0 != 0 }) }, { Array($0.prefix { $0 != UInt8(ascii: "#") }) }, merged, resolved,
    withoutAuthority,
  ]

  private static func decoded(_ path: [UInt8]) -> [UInt8] {
    decoded(path) { _ in true }
  }

  /// As URL parsers do, which take `%2e` for a dot and leave everything else.
  private static func withDecodedDots(_ path: [UInt8]) -> [UInt8] {
    decoded(path) { $0 == UInt8(ascii: ".") }
  }

  private static func decoded(_ path: [UInt8], _ isDecoded: (UInt8) -> Bool) -> [UInt8] {
    guard path.contains(UInt8(ascii: "%")) else { return path }
    var output: [UInt8] = []
    var index = 0
    while index < path.count {
      if let octet = PercentEncoding.octet(in: path, at: index), isDecoded(octet) {
        output.append(octet)
        index += 3
      } else {
        output.append(path[index])
        index += 1
      }
    }
    return output
  }

  private static func segments(_ path: [UInt8]) -> [ArraySlice<UInt8>] {
    path.dropFirst().split(separator: slash, omittingEmptySubsequences: false)
  }

  private static func joined(_ segments: [ArraySlice<UInt8>]) -> [UInt8] {
    if segments.isEmpty { return [slash] }
    var path: [UInt8] = []
    path.reserveCapacity(segments.reduce(0) { $0 + $1.count + 1 })
    for segment in segments {
      path.append(slash)
      path += segment
    }
    return path
  }

  private static func withoutParameters(_ path: [UInt8]) -> [UInt8] {
    guard path.contains(UInt8(ascii: ";")) else { return path }
    return joined(segments(path).map { $0.prefix { $0 != UInt8(ascii: ";") } })
  }

  private static func merged(_ path: [UInt8]) -> [UInt8] {
    joined(path.split(separator: slash))
  }

  /// RFC 3986 section 5.2.4: an empty segment is a segment like any other.
  private static func resolved(_ path: [UInt8]) -> [UInt8] {
    var kept: [ArraySlice<UInt8>] = []
    for segment in segments(path) {
      switch segment.count {
      case 2 where segment.allSatisfy { $0 == UInt8(ascii: ".") }: _ = kept.popLast()
      case 1 where segment.first == UInt8(ascii: "."): break
      default: kept.append(segment)
      }
    }
    return joined(kept)
  }

  /// What follows `//` is a host to whoever resolves the target as a reference.
  private static func withoutAuthority(_ path: [UInt8]) -> [UInt8] {
    guard path.starts(with: [slash, slash]) else { return path }
    let rest = path.dropFirst(2).drop { $0 != slash }
    return rest.isEmpty ? [slash] : Array(rest)
  }
}
