import IdempotencyTesting

extension SeededRandom {
  /// A path in a spelling that some router may understand as the given one.
  mutating func respelled(_ path: String) -> String {
    var segments = path.dropFirst().split(separator: "/").map(String.init)
    for _ in 0..<count(upTo: 3) {
      let place = below(segments.count + 1)
      switch below(6) {
      case 0: segments.insert("", at: place)
      case 1: segments.insert(pick([".", "%2e", "%252E"]), at: place)
      case 2, 3: segments.insert(contentsOf: [pick(["x", "", "a%2Fb", "w;p", "."]), dots()], at: place)
      case 4 where place < segments.count: segments[place] += parameters(of: segments[place])
      default: segments.append(contentsOf: [pick(["x", "x%2fy", ""]), dots()])
      }
    }
    // A target begins with a slash, or is in absolute form: HTTP parsers see to that.
    var text = segments.reduce(into: pick(["/", "/", "/", "//", "/\\"])) { $0 += $1 + slash() }
    while chance(90), let last = text.last, last == "/" { text.removeLast() }
    for _ in 0..<count(upTo: 3) { text = encoded(text) }
    return text + pick(["", "", "", "/", "%00", "%00.txt", "#", "#x/..", ";", ";a%2Fb", "//", "/.", "/%2e"])
  }

  /// A path that every router reads alike.
  mutating func plainPath() -> String {
    let path = some(upTo: 5) { random in
      random.pick([
        "transfers", "wallets", "w1", "a.b", "...", ".x", "%20", "a%3Ab", "é", "~", "transfers\u{600}", "100%C3%A9",
        "x-y_z", "%7B",
      ])
    }.reduce(into: "") { $0 += "/" + $1 }
    return path.isEmpty ? "/" : path + pick(["", "/"])
  }

  private mutating func dots() -> String { pick(["..", "..", "%2e%2e", ".%2E", "%252e%252e", "..;x", "..;a%2Fb"]) }

  private mutating func parameters(of segment: String) -> String {
    pick([";", ";a=b", "%3Bx", ";a;b", ";a%2Fb", ";\\"])
  }

  private mutating func slash() -> String {
    chance(75) ? "/" : pick(["//", "\\", "%2F", "%2f", "%5C", "%252F", "/./", "%5c"])
  }

  /// The path with one character encoded, a percent sign too.
  private mutating func encoded(_ path: String) -> String {
    var scalars = Array(path.unicodeScalars)
    guard scalars.count > 1 else { return path }
    let place = 1 + below(scalars.count - 1)
    guard scalars[place].isASCII else { return path }
    let digits = String(scalars[place].value, radix: 16, uppercase: chance(50))
    scalars.replaceSubrange(place...place, with: ("%" + (digits.count < 2 ? "0" : "") + digits).unicodeScalars)
    return scalars.map { String($0) }.joined()
  }
}
