import IdempotencyTesting
import Testing

@testable import Idempotency

@Suite("Prefer: the first wait counts, whatever stands around it")
struct PreferFuzzTests {
  @Test("E18 a wait among other preferences, in any spelling")
  func wait() {
    Fuzz.run(6000, reaching: ["seconds", "none", "no number", "huge"]) { fuzz in
      var members = fuzz.random.some(upTo: 3) { Self.other(&$0) }
      var expected: Duration?
      if fuzz.random.chance(80) {
        let value = Self.value(&fuzz.random)
        expected = value.seconds.map { .seconds($0) }
        fuzz.reach(value.seconds == nil ? "no number" : value.seconds == 9_999_999_999 ? "huge" : "seconds")
        let name = fuzz.random.pick(["wait", "Wait", "WAIT"])
        let equals = fuzz.random.blanks() + "=" + fuzz.random.blanks()
        members.append(
          name + (value.text.isEmpty ? "" : equals + value.text) + fuzz.random.pick(["", ";a=\"wait=7\"", " ;b"]))
        // Only the first counts.
        members += fuzz.random.some(upTo: 2) { $0.chance(50) ? "wait=3" : Self.other(&$0) }
      } else {
        fuzz.reach("none")
      }
      let lines = Self.lines(of: members, &fuzz.random)
      for line in lines { fuzz.show(line) }
      let wait = Prefer.wait(lines)
      fuzz.expect(wait == expected, "read as \(wait.map { "\($0)" } ?? "none")")
    }
  }

  @Test("E18 any bytes give nothing or a bounded time")
  func mutations() {
    Fuzz.run(10000, reaching: ["seconds", "none"]) { fuzz in
      let members = fuzz.random.some(upTo: 2) { Self.other(&$0) } + ["wait=" + Self.value(&fuzz.random).text]
      let bytes = fuzz.random.mutated(Array(members.joined(separator: ",").utf8), donor: Array("wait=\"5\\\"".utf8))
      let line = String(decoding: bytes, as: UTF8.self)
      fuzz.show(line)
      let wait = Prefer.wait([line])
      fuzz.reach(wait == nil ? "none" : "seconds")
      fuzz.expect(wait.map { (.zero ... .seconds(9_999_999_999)).contains($0) } ?? true, "read as \(wait ?? .zero)")
      fuzz.expect(wait == nil || line.lowercased().utf8.contains(UInt8(ascii: "w")), "read out of nothing")
      fuzz.expect(Prefer.wait([line, "wait=1"]) == wait ?? Prefer.wait([line, "wait=1"]), "a later line counts")
    }
  }

  /// A preference that is not `wait`, though it may look so.
  private static func other(_ random: inout SeededRandom) -> String {
    random.pick([
      "respond-async", "return=minimal", "waiting=5", "x=\"wait=5, wait=6\"", "a;wait=5", "x=\"\\\", wait=4\"", "",
      "await=1",
      "handling=\"\"", "é",
    ])
  }

  private static func value(_ random: inout SeededRandom) -> (text: String, seconds: Int64?) {
    switch random.below(4) {
    case 0: return (random.pick(["", "-1", "1.5", "+1", "x", "\"", "\"\"", "1 2", "٣", "0x10"]), nil)
    case 1: return (random.pick(["9999999999", "99999999999999999999999999", "18446744073709551617"]), 9_999_999_999)
    default:
      let seconds = Int64(random.count(upTo: 100_000))
      let digits = random.pick(["", "0", "000"]) + "\(seconds)"
      return (random.chance(50) ? digits : "\"\(digits)\"", seconds)
    }
  }

  /// The members in one line or several.
  private static func lines(of members: [String], _ random: inout SeededRandom) -> [String] {
    var lines: [String] = []
    for member in members {
      let text = random.blanks() + member + random.blanks()
      if let last = lines.last, random.chance(60) {
        lines[lines.count - 1] = last + "," + text
      } else {
        lines.append(text)
      }
    }
    return lines
  }
}
