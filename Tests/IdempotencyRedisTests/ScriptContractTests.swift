import HiredisNIO
import Idempotency
import Testing

@testable import IdempotencyRedis

/// Each script's header is a contract: it is parsed here and held against the script, the Swift enum, and what is sent.
@Suite struct ScriptContractTests {
  struct Header {
    var arguments: [Int: String] = [:]
    var returns: [Int: String] = [:]
    var keys: [Int: String] = [:]

    init(_ source: String) {
      for line in source.split(separator: "\n") {
        if let match = line.wholeMatch(of: /-- ARGV\[(\d+)\] (\w+): .+/) {
          arguments[Int(match.1)!] = String(match.2)
        } else if let match = line.wholeMatch(of: /-- KEYS\[(\d+)\] (\w+): .+/) {
          keys[Int(match.1)!] = String(match.2)
        } else if let match = line.wholeMatch(of: /-- Returns (\d+) (\w+): .+/) {
          returns[Int(match.1)!] = String(match.2)
        }
      }
    }
  }

  static let scripts: [StoreOperation.Kind: RedisScript] = [
    .complete: StoreScripts.complete, .renew: StoreScripts.renew, .release: StoreScripts.release,
    .markUncertain: StoreScripts.markUncertain, .reclaim: StoreScripts.reclaim, .putBack: StoreScripts.putBack,
    .resolve: StoreScripts.resolve,
  ]

  static func command(_ kind: StoreOperation.Kind) throws -> StoreCommand {
    let operation = try #require(Specimen.operations.first { $0.kind == kind })
    return StoreCommand(operation: operation, key: RedisRecordKey(prefix: "idem:", key: Specimen.key()))
  }

  @Test("The header names every argument that is sent, and the script reads each", arguments: scripts.keys)
  func arguments(_ kind: StoreOperation.Kind) throws {
    let (script, count) = try #require(try Self.command(kind).script)
    #expect(script === Self.scripts[kind])
    let header = Header(script.source)
    #expect(header.keys == [1: "record"])
    #expect(header.arguments.keys.sorted() == Array(1...count))
    let body = script.source.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
    #expect(Set(body.matches(of: /ARGV\[(\d+)\]/).map { Int($0.1)! }) == Set(1...count))
    for name in header.arguments.values { #expect(body.contains("\(name)"), "\(name)") }
  }

  @Test("The header names every return value as the Swift enum does, and no other is returned", arguments: scripts.keys)
  func returns(_ kind: StoreOperation.Kind) throws {
    let source = try #require(Self.scripts[kind]).source
    let known = Dictionary(
      uniqueKeysWithValues: kind == .reclaim
        ? ReclaimOutcome.allCases.map { ($0.rawValue, "\($0)") } : StoreOutcome.allCases.map { ($0.rawValue, "\($0)") })
    let header = Header(source)
    for (number, name) in header.returns { #expect(known[number] == name) }
    let returned = source.matches(of: /return \{?(\d+)/).map { Int($0.1)! }
    #expect(Set(returned) == Set(header.returns.keys))
    if kind == .reclaim { #expect(header.returns.count == known.count) }
  }

  @Test("All but reclaim run when Redis is full (X12)", arguments: scripts.keys)
  func flags(_ kind: StoreOperation.Kind) throws {
    let first = try #require(Self.scripts[kind]?.source.split(separator: "\n").first)
    #expect(first == (kind == .reclaim ? "#!lua" : "#!lua flags=allow-oom"))
  }

  @Test("TYPE is asked first, and a head is read only where it is whole", arguments: scripts.keys)
  func order(_ kind: StoreOperation.Kind) throws {
    let calls = try #require(Self.scripts[kind]).source.matches(of: /redis\.p?call\('(\w+)'/).map { String($0.1) }
    #expect(calls.first { $0 != "TIME" } == "TYPE")
    #expect(calls.contains("SPUBLISH") == (kind != .renew))
  }
}
