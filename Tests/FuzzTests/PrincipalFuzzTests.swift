import IdempotencyTesting
import Testing

@testable import Idempotency

@Suite("Principals: two callers are never read as one")
struct PrincipalFuzzTests {
  @Test("F10, W5 all fields count; what is missing, doubled or no UTF-8 identifies nobody")
  func fields() {
    Fuzz.run(6000, reaching: ["known", "nobody", "shared", "partly known"]) { fuzz in
      let names = Array(["x-api-key", "x-user", "x-tenant"].prefix(1 + fuzz.random.below(3)))
      var lines: [String: [String]] = [:]
      for name in names {
        let values = fuzz.random.chance(80) ? [Self.value(&fuzz.random)] : fuzz.random.some(upTo: 2) { Self.value(&$0) }
        lines[name] = values
        for value in values { fuzz.show(name + ": " + value) }
      }
      let missing: Principal.Missing = fuzz.random.chance(50) ? .reject : .shared
      let all = lines.values
      let isUnclear = all.contains { $0.count > 1 || $0.contains { $0.unicodeScalars.contains("\u{FFFD}") } }
      let isComplete = all.allSatisfy { $0.first?.isEmpty == false }
      let principal = Principal.fields(names, missing: missing) { lines[$0] ?? [] }
      if isUnclear {
        fuzz.reach("nobody")
        fuzz.expect(principal == nil, "somebody")
      } else if isComplete {
        fuzz.reach("known")
        fuzz.expect(principal?.fields.map(\.name) == names, "fields \(principal?.fields ?? [])")
        fuzz.expect(
          principal?.fields.map(\.value) == names.map { lines[$0]?.first }, "fields \(principal?.fields ?? [])")
      } else if missing == .reject {
        fuzz.reach("nobody")
        fuzz.expect(principal == nil, "somebody")
      } else if all.allSatisfy({ $0.first?.isEmpty ?? true }) {
        fuzz.reach("shared")
        fuzz.expect(principal == .shared, "somebody")
      } else {
        // W5: what it brings tells it from others.
        fuzz.reach("partly known")
        let values = names.map { name in lines[name]?.first.flatMap { $0.isEmpty ? nil : $0 } }
        fuzz.expect(principal?.fields.map(\.value) == values, "fields \(principal?.fields ?? [])")
      }
    }
  }

  @Test("F7 values that differ in any byte are two scopes, however they are cut into fields")
  func scopes() {
    Fuzz.run(6000, reaching: ["same", "differs"]) { fuzz in
      let one = Self.entries(&fuzz.random)
      let other = fuzz.random.chance(20) ? one : Self.resembling(one, &fuzz.random)
      let isSame =
        one.count == other.count
        && zip(one, other).allSatisfy {
          $0.name.utf8.elementsEqual($1.name.utf8) && $0.value.map { Array($0.utf8) } == $1.value.map { Array($0.utf8) }
        }
      fuzz.reach(isSame ? "same" : "differs")
      let scopes = (Scope(entries: one, pepper: .default), Scope(entries: other, pepper: .default))
      fuzz.expect((scopes.0 == scopes.1) == isSame, "\(one) and \(other)")
      fuzz.expect(scopes.0.text == "-" || scopes.0.text.utf8.count == 32, "scope \(scopes.0.text)")
    }
  }

  /// The same entries but for a text that is cut otherwise, spelled otherwise, or absent instead of empty.
  private static func resembling(
    _ entries: [(name: String, value: String?)], _ random: inout SeededRandom
  ) -> [(name: String, value: String?)] {
    var entries = entries
    guard !entries.isEmpty else { return Self.entries(&random) }
    let place = random.below(entries.count)
    let value = entries[place].value
    switch random.below(4) {
    case 0: entries[place].value = value == "" ? nil : value ?? ""
    case 1: entries[place].value = value?.unicodeScalars.count == 1 ? "e\u{301}" : "é"
    case 2: entries[place] = (entries[place].name + (value ?? ""), nil)
    default: entries.insert(contentsOf: Self.entries(&random), at: place)
    }
    return entries
  }

  private static func entries(_ random: inout SeededRandom) -> [(name: String, value: String?)] {
    random.some(upTo: 3) { random in
      (random.pick(["a", "b", "ab"]), random.chance(20) ? nil : random.pick(["", "a", "ab", "é", "é", "\0"]))
    }
  }

  private static func value(_ random: inout SeededRandom) -> String {
    String(decoding: random.chance(10) ? [] : random.bytes(upTo: 8) + [0x61], as: UTF8.self)
  }
}
