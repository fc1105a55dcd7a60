import IdempotencyTesting

/// One case of a property: random numbers, what was made of them, and what was found.
struct FuzzCase {
  /// All of a case's random numbers come from here.
  var random: SeededRandom
  private(set) var input = ""
  private(set) var failures: [String] = []
  private(set) var reached: Set<String> = []

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Notes the input, for the report of a failure.
  mutating func show(_ bytes: some Sequence<UInt8>) { input += " \"" + Self.escaped(bytes) + "\"" }

  mutating func show(_ text: String) { show(text.utf8) }

  /// Notes that something happened which a whole run must not miss.
  mutating func reach(_ goal: String) { reached.insert(goal) }

  mutating func expect(_ condition: Bool, _ complaint: @autoclosure () -> String) {
    if !condition { failures.append(complaint()) }
  }

  /// Notes a failure.
  mutating func fail(_ complaint: String) { failures.append(complaint) }

  static func escaped(_ bytes: some Sequence<UInt8>) -> String {
    bytes.reduce(into: "") { text, byte in
      switch byte {
      case 0x22, 0x5C: text += "\\" + String(UnicodeScalar(byte))
      case 0x20...0x7E: text.unicodeScalars.append(UnicodeScalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
  }
}
