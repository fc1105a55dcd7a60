import Foundation
import Idempotency
import Testing

@testable import IdempotencyWorker

/// The example file is the contract: what it shows is so.
@Suite struct ConfigurationExampleTests {
  typealias Example = ConfigurationExample

  /// What goes where a line shows an alternative instead of a default: the names that it replaces.
  static let alternatives: [String: [String]] = [
    "tls": [], "adminTokenFile": [], "originTls": [],
    "store.sentinel": ["redis"], "store.cluster": ["redis"], "store.memory": ["redis"],
    "store.passwordFile": [], "store.tls": [],
    "principal.jwt": ["headers"], "principal.pepperFile": [],
    "policies.match": ["match"],
  ]

  static let defaults = Example.commented.filter { alternatives[$0.path] == nil }

  @Test func everyLineOfTheExampleIsSeen() {
    let paths = Example.commented.map(\.path)
    #expect(paths.count == 59)
    #expect(Set(paths).count == paths.count)
    for alternative in Self.alternatives.keys { #expect(paths.contains(alternative)) }
    for path in ["drainTimeout", "store.settle", "policies.key.format", "policies.fingerprint.target", "logging"] {
      #expect(paths.contains(path))
    }
  }

  @Test func everySettingOfTheExampleIsInTheCatalogueAndTheOtherWayRound() throws {
    // Names in flow mappings stand behind `{` or `,`.
    var inExample: Set<String> = []
    for line in Example.lines {
      let names = line.matches(of: /(?:^ *(?:# *|- )?|[{,] )([a-z][A-Za-z]*):(?= |$)/)
      inExample.formUnion(names.map { String($0.1) })
    }
    // In the remark of `key`.
    inExample.formUnion(["body", "path", "derive"])
    let known = Set(SettingsCatalogue.names.values.joined())
    #expect(known.subtracting(inExample) == [])
    #expect(inExample.subtracting(known) == [])
  }

  @Test func theExampleParsesToTheDefaults() throws {
    let configuration = try ConfigurationDirectory().load(Example.text)
    #expect(configuration.listen == .tcp(host: "127.0.0.1", port: 8080))
    #expect(configuration.admin == .tcp(host: "127.0.0.1", port: 8081))
    #expect(configuration.tls == nil)
    #expect(configuration.clientTimeouts == ClientTimeouts())
    #expect(configuration.limits == ListenerLimits())
    #expect(configuration.trustedProxies == [])
    #expect(configuration.dropsMethodOverride)
    #expect(configuration.drainTimeout == .seconds(35))
    #expect(configuration.workerID.hasSuffix("-\(ProcessInfo.processInfo.processIdentifier)"))
    #expect(configuration.adminTokenFile == nil)
    #expect(configuration.origin == OriginAddress("http://127.0.0.1:3000"))
    #expect(configuration.originTLS == ClientTLS())
    #expect(configuration.originTimeout == .seconds(30))
    #expect(configuration.originConnections == OriginConnections())
    #expect(configuration.store == StoreSettings(kind: .redis(url: "redis://127.0.0.1:6379/0")))
    let principal = try #require(configuration.principal)
    #expect(principal.source == .headers(["x-api-key"]))
    #expect(principal.missing == .reject)
    #expect(principal.challenge == "ApiKey")
    #expect(configuration.pepper.id == Pepper.default.id)
    #expect(configuration.unmatchedKey == .ignore)
    #expect(configuration.audit == AuditSettings())
    #expect(configuration.logging == LoggingSettings())
    #expect(configuration.unavailableFeatures == [])

    var expected = try IdempotencyPolicy(
      "wallet-transfers", methods: ["POST"], path: "/wallets/{walletId}/transfers")
    expected.keyFormat = .uuidV4
    expected.isKeyRequired = true
    expected.execution.originTimeout = .seconds(30)
    #expect(configuration.policies.map { "\($0)" } == ["\(expected)"])
  }

  @Test(arguments: defaults) func aDefaultThatIsWrittenChangesNothing(_ line: Example.Commented) throws {
    let directory = try ConfigurationDirectory()
    let replaced = Self.replaced(by: line)
    let without = try directory.load(Example.removing(replaced, besides: line).joined(separator: "\n"))
    #expect(try directory.load(Example.uncommenting(line, replacing: replaced)).summary == without.summary)
  }

  /// The block of `key` stands for the line before it.
  static func replaced(by line: Example.Commented) -> [String] {
    line.path.hasPrefix("policies.key.") || line.path == "policies.key" ? ["key"] : []
  }

  @Test(arguments: Example.commented.filter { alternatives[$0.path] != nil })
  func anAlternativeIsAcceptedInPlaceOfWhatItReplaces(_ line: Example.Commented) throws {
    let directory = try ConfigurationDirectory()
    let before = try directory.load(Example.text).summary
    let replaced = Self.alternatives[line.path] ?? []
    #expect(try directory.load(Example.uncommenting(line, replacing: replaced)).summary != before)
  }

  @Test(arguments: defaults.filter { $0.choices.count > 1 })
  func aWordThatTheRemarkNamesIsAccepted(_ line: Example.Commented) throws {
    let directory = try ConfigurationDirectory()
    let summaries = try line.choices.map { choice in
      try directory.load(Example.uncommenting(line, value: choice, replacing: Self.replaced(by: line))).summary
    }
    #expect(Set(summaries).count == line.choices.count)
  }

  @Test func theWordsOfTheRemarksAreSeen() {
    let choices = Self.defaults.filter { $0.choices.count > 1 }
    #expect(
      choices.map { "\($0.path) \($0.choices.joined(separator: "|"))" } == [
        "store.onUnavailable reject|execute", "principal.missing reject|shared", "unmatchedKey ignore|reject",
        "policies.key.format any|uuid|uuid-v4", "policies.fingerprint.body bytes|json|none",
        "policies.onMismatch reject|replay", "policies.onInProgress reject|wait",
        "policies.onUnknownOutcome hold|store|execute-again",
      ])
  }

  @Test(arguments: ["body: /txSignature", "path: id", "derive: [principal, /asset, /amount]"])
  func anotherKeySourceIsAccepted(_ source: String) throws {
    #expect(Example.text.contains("`\(source)`"))
    let text = Example.text.replacing("{walletId}", with: "{id}")
      .replacing("key: { header: Idempotency-Key, format: uuid-v4, required: true }", with: "key: { \(source) }")
    let policy = try #require(try ConfigurationDirectory().load(text).policies.first)
    switch policy.keySource {
    case .header: Issue.record("the key still comes from a header")
    case .body(let pointer): #expect(pointer.description == "/txSignature")
    case .path(let name): #expect(name == "id")
    case .derive(let derivation): #expect(derivation.sources.count == 3)
    }
  }
}
