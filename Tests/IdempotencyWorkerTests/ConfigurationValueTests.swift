import Foundation
import Idempotency
import NIOCore
import Testing

@testable import IdempotencyWorker

/// What settings mean once they are read.
@Suite struct ConfigurationValueTests {
  private func load(_ text: String, flags: [String] = []) throws -> WorkerConfiguration {
    try ConfigurationDirectory().load(ConfigurationRefusals.document(text), flags: flags)
  }

  @Test(
    arguments: [
      ("10.0.0.0/8", "10.200.3.4", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.1", "10.0.0.1", true),
      ("10.0.0.1", "10.0.0.2", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("2001:db8::/33", "2001:db8::1", true),
      ("2001:db8::/33", "2001:db8:8000::1", false), ("0.0.0.0/0", "::1", false), ("0.0.0.0/0", "1.2.3.4", true),
      ("::/0", "1.2.3.4", false), ("10.0.0.1", "example.com", false),
    ])
  func aRangeHoldsItsAddresses(_ range: String, _ address: String, _ isIn: Bool) throws {
    let range = try #require(AddressRange(range))
    #expect(range.contains(address) == isIn)
    if let address = try? SocketAddress(ipAddress: address, port: 80) { #expect(range.contains(address) == isIn) }
  }

  @Test(arguments: ["10.0.0.0/33", "10.0.0.1/8", "::/129", "10.0.0.0/", "10.0.0.0/08x", "host", ""])
  func whatIsNoRangeIsNone(_ text: String) {
    #expect(AddressRange(text) == nil)
  }

  @Test(arguments: ["127.0.0.1:0", "[::1]:8080", "localhost:80", "unix:/run/worker.sock"])
  func anAddressReadsBack(_ text: String) {
    #expect(ListenAddress(text)?.description == text)
  }

  @Test func anOriginsAuthorityLeavesOutItsOwnPort() {
    #expect(OriginAddress("HTTPS://API.Example.com:443/")?.authority == "api.example.com")
    #expect(OriginAddress("http://api.example.com:443")?.authority == "api.example.com:443")
    #expect(OriginAddress("http://[::1]:80")?.authority == "[::1]")
    #expect(OriginAddress("https://[::1]:81")?.port == 81)
    for text in ["http://", "http://h:0", "http://h?q", "http://h#f", "ftp://h", "http:/h", "http://h:x", "http://a b"]
    {
      #expect(OriginAddress(text) == nil, "\(text)")
    }
  }

  @Test func durationsAndSizesReadBack() {
    for text in ["500ms", "30s", "5m", "25h", "7d"] {
      #expect(DurationText.parse(text).map(DurationText.describe) == text)
    }
    for text in ["5", "5 s", "5S", "-5s", "1.5s", "s", "", "1h30m", "9999999999999s", "٥s"] {
      #expect(DurationText.parse(text) == nil, "\(text)")
    }
    for text in ["0B", "64B", "512KiB", "3MiB"] { #expect(SizeText.parse(text).map(SizeText.describe) == text) }
    for text in ["5", "5KB", "5k", "1 MiB", "1GiB"] { #expect(SizeText.parse(text) == nil, "\(text)") }
  }

  @Test func tlsToRedisIsOnWhenEitherSaysSo() throws {
    #expect(try load("store: { redis: rediss://h }").store.tls == ClientTLS())
    #expect(try load("store: { redis: redis://h }").store.tls == nil)
    #expect(try load("store: { redis: redis://h, tls: { verify: false } }").store.tls?.verify == false)
    #expect(try load("store: { cluster: { nodes: [h] }, tls: }").store.tls == ClientTLS())
  }

  @Test func filesAreFoundBesideTheConfiguration() throws {
    let directory = try ConfigurationDirectory()
    let configuration = try directory.load(
      ConfigurationRefusals.document("tls: { certificateFile: c.pem, keyFile: ./k.pem }"))
    #expect(configuration.tls?.certificateFile == "\(directory.path)/c.pem")
  }

  @Test func anEmptyFileIsRefusedAndALinkIsFollowed() throws {
    let directory = try ConfigurationDirectory()
    try directory.write("", to: "empty.pem")
    for (link, target) in [("link.pem", "c.pem"), ("bad.pem", "empty.pem"), ("lost.pem", "gone.pem")] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(directory.path)/\(link)", withDestinationPath: "\(directory.path)/\(target)")
    }
    func errors(_ name: String) throws -> [String] {
      try directory.errors(ConfigurationRefusals.document("originTls: { caFile: \(name) }"))
    }
    #expect(try errors("link.pem") == [])
    #expect(try errors("empty.pem") == ["6:22: originTls.caFile: \"empty.pem\" is empty; expected a readable file"])
    #expect(try errors("bad.pem") == ["6:22: originTls.caFile: \"bad.pem\" is empty; expected a readable file"])
    #expect(try errors("lost.pem").count == 1)
    let pair = ConfigurationRefusals.document("tls: { certificateFile: c.pem, keyFile: \"\" }")
    #expect(try directory.errors(pair) == ["6:41: tls.keyFile: is empty; expected the name of a file"])
  }

  @Test func aPepperIsTheFilesBytesAsTheyAre() throws {
    let configuration = try load("principal: { headers: [a], pepperFile: pepper }")
    #expect(configuration.pepper.id == Pepper(bytes: Array("pepper: thirty-two bytes of any content\n".utf8)).id)
  }

  @Test func aSecretLosesItsLastLineFeedOnly() throws {
    let directory = try ConfigurationDirectory()
    for (text, secret) in [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a ")] {
      try directory.write(text, to: "secret")
      #expect(try SecretFile.read("\(directory.path)/secret") == secret)
    }
    try directory.write("\n", to: "secret")
    #expect(throws: ConfigurationErrors.self) { try SecretFile.read("\(directory.path)/secret") }
  }

  @Test("W8 what a token must say is read, and defaults are the strict ones that break nobody")
  func tokenRules() throws {
    func settings(_ text: String, flags: [String] = []) throws -> (JWTSettings, WorkerConfiguration) {
      let configuration = try load("principal: { jwt: { \(text) } }", flags: flags)
      guard case .jwt(let jwt)? = configuration.principal?.source else { throw ConfigurationErrors([]) }
      return (jwt, configuration)
    }
    let (plain, configuration) = try settings("keysFile: jwks.json")
    #expect(plain.issuer == nil && plain.audience == [] && plain.types == ["jwt", "at+jwt", ""])
    #expect(plain.requiresExpiry && plain.leeway == nil && plain.claims == ["iss", "sub"])
    #expect(configuration.principal?.challenge == "Bearer")
    let (full, strict) = try settings(
      """
      keysUrl: "https://id.example/k", keysCaFile: ca.pem, issuer: i, audience: a, types: [application/AT+JWT, ""], \
      requireExpiry: false, leeway: 30s
      """)
    guard case .address(let address, let caFile?) = full.keys else { throw ConfigurationErrors([]) }
    #expect(address.description == "https://id.example/k" && caFile.hasSuffix("/ca.pem"))
    #expect(full.issuer == "i" && full.audience == ["a"] && full.types == ["at+jwt", ""])
    #expect(!full.requiresExpiry && full.leeway == .seconds(30))
    #expect(TokenRules(full).leeway == 30)
    let flags = [
      "--principal-jwt-keys-url", "http://localhost:1/", "--principal-jwt-audience", "a,b", "--principal-jwt-types",
      "JWT,",
    ]
    let (flagged, _) = try settings("keysFile: jwks.json, audience: [c]", flags: flags)
    #expect(flagged.audience == ["a", "b"] && flagged.types == ["jwt", ""])
    guard case .address = flagged.keys else { throw ConfigurationErrors([]) }
    // `--check` says what a token does not have to say.
    func names(_ configuration: WorkerConfiguration) -> [Substring] {
      configuration.notes.filter { $0.hasPrefix("principal.jwt.") }.map { $0.prefix { $0 != ":" } }
    }
    #expect(names(configuration) == ["principal.jwt.issuer", "principal.jwt.audience"])
    #expect(names(strict) == ["principal.jwt.requireExpiry"])
    #expect(configuration.settingsNeedingRestart(comparedTo: strict) == [])
  }

  @Test func aPolicyWithoutPrincipalNeedsNone() throws {
    let directory = try ConfigurationDirectory()
    let text = ConfigurationRefusals.base.filter { !$0.hasPrefix("principal") }.joined(separator: "\n")
    let unscoped = text.replacing("path: /p", with: "path: /p }, scope: [path], key: { body: /a")
    #expect(try directory.load(unscoped).principal == nil)
    #expect(
      try directory.errors(text) == [
        "4:12: principal: is missing; expected headers or jwt, because policy p needs it (scope is [principal] by default)"
      ])
    let derived = text.replacing("path: /p", with: "path: /p }, scope: [], key: { derive: [principal, /a]")
    #expect(try directory.errors(derived).count == 1)
  }

  @Test func aDefaultThatIsWrittenContradictsNothing() throws {
    let policy = """
      policies: [{ name: p, match: { path: /p }, waitUpTo: 5s, fingerprint: { fields: [], ignore: [] }, \
      key: { body: /a, format: any, strict: false } }]
      """
    #expect(try load(policy).policies.count == 1)
    #expect(try load("store: { cluster: { nodes: [h] }, database: 0, user: default }").store.user == nil)
  }

  @Test func policiesAreFilledIn() throws {
    let text = ConfigurationRefusals.document("originTimeout: 7s")
      .replacing("store: { memory: {} }", with: "store: { memory: {}, onUnavailable: execute }")
      .replacing("path: /p", with: "path: /p }, onInProgress: wait, statuses: { inProgress: 425 ")
    let execution = try #require(try ConfigurationDirectory().load(text).policies.first).execution
    #expect(execution.originTimeout == .seconds(7))
    #expect(execution.onUnavailable == .execute)
    #expect(execution.onInProgress == .wait(upTo: .seconds(5)))
  }

  @Test func aReloadSaysWhatNeedsARestart() throws {
    let old = try load("unmatchedKey: ignore")
    let new = try load("unmatchedKey: reject", flags: ["--store-prefix", "b", "--origin-timeout", "5s"])
    #expect(new.settingsNeedingRestart(comparedTo: old) == ["originTimeout", "store"])
    let reloadable = try load("unmatchedKey: reject", flags: ["--logging-level", "debug", "--principal-headers", "b"])
    #expect(reloadable.settingsNeedingRestart(comparedTo: old) == [])
  }

  @Test func whatIsNotBuiltYetIsSaid() throws {
    let directory = try ConfigurationDirectory()
    let text = ConfigurationRefusals.document("audit: { enabled: true }").replacing(
      "{ memory: {} }", with: "{ sentinel: { master: m, nodes: [h] }, durability: { replicas: 1 } }")
    let configuration = try directory.load(text + "adminTokenFile: token\n")
    let features = ["store.sentinel", "store.durability.replicas", "audit.enabled", "adminTokenFile"]
    #expect(configuration.unavailableFeatures == features.map { "\($0): not available in this version" })
    let check = ConfigurationCheck(ConfigurationSource(file: "\(directory.path)/worker.yaml"))
    #expect(check.exitCode == 0)
    #expect(check.errors == "")
    #expect(check.output.hasPrefix("\(directory.path)/worker.yaml: valid\nnote: store.sentinel: not available"))
  }

  @Test("W12 --check says where another method may be asked for than the one that policies see")
  func aMethodThatIsAskedForIsNoted() throws {
    func notes(_ methods: String) throws -> [String] {
      let directory = try ConfigurationDirectory()
      let text = ConfigurationRefusals.document("dropMethodOverride: false")
        .replacing("path: /p", with: "path: /p, methods: [\(methods)]")
      #expect(try !directory.load(text).dropsMethodOverride)
      let check = ConfigurationCheck(ConfigurationSource(file: "\(directory.path)/worker.yaml"))
      #expect(check.exitCode == 0)
      return check.output.split(separator: "\n").map(String.init).filter { $0.contains("dropMethodOverride") }
    }
    #expect(
      try notes("POST, PATCH") == [
        "note: dropMethodOverride: false passes X-HTTP-Method-Override on; an origin that reads it may run PATCH, which "
          + "policy p guards, for a request of another method that nothing guards"
      ])
    #expect(try notes("POST").count == 1)
    #expect(try load("dropMethodOverride: true").notes.allSatisfy { !$0.contains("dropMethodOverride") })
  }

  @Test func manyErrorsAreCutAtTwenty() throws {
    let text = ConfigurationRefusals.document((1...25).map { "wrong\($0): 1" }.joined(separator: "\n"))
    let errors = try ConfigurationDirectory().errors(text)
    #expect(errors.count == 21)
    #expect(errors.first?.hasPrefix("6:1: wrong1: ") == true)
    #expect(errors.last == "… and 5 more")
  }

  @Test func aliasesCannotMakeBillions() throws {
    let bomb = (1...9).map { level in
      let element = level == 1 ? "x" : "*a\(level - 1)"
      return "a\(level): &a\(level) [\(Array(repeating: element, count: 10).joined(separator: ","))]"
    }
    let errors = try ConfigurationDirectory().errors(bomb.joined(separator: "\n"))
    #expect(errors.map { $0.contains("holds more than 100000 values") } == [true])
  }
}
