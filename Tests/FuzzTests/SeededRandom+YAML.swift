import IdempotencyTesting

extension SeededRandom {
  private static let values = [
    "", "~", "[]", "{}", "[a, [b]]", "{ a: b }", "-1", "0", "1e9", "99999999999999999999", "30s", "1ms", "0s", "7d",
    "5x",
    "1MiB", "0KiB", "\"\"", "'quoted'", "\"\\0\"", "\"\\ud800\"", "é", "🔑", "*x", "&x a", "!!int a", "!tag b",
    "|\n  text",
    ">", "off", "true", "yes", "null", "/", "/a/{b}/**", "/%zz", "http://", "http://[::1", "redis://u:p@h:x/y", "unix:",
    ":0", "a:65536", "0.0.0.0/33", "2xx-1xx", "[200, 2xx, abc]", "uuid", "x-y, z", "c.pem", "nowhere.pem", "- a",
  ]

  /// The lines of a configuration with one to four changes that know what YAML looks like.
  mutating func changedYAML(_ text: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for _ in 0...below(4) where !lines.isEmpty {
      let place = below(lines.count)
      switch below(8) {
      case 0, 1: lines[place].replace("# ", with: "", maxReplacements: 1)
      case 2: lines[place] = String(repeating: " ", count: below(4)) + lines[place]
      case 3: lines.insert(lines[below(lines.count)], at: place)
      case 4: lines.remove(at: place)
      default:
        guard let colon = lines[place].firstIndex(of: ":") else { continue }
        lines[place] = lines[place][...colon] + " " + pick(Self.values)
      }
    }
    return lines.joined(separator: "\n")
  }
}
