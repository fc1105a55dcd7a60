import Foundation
import Idempotency
import Logging
import NIOCore
import NIOSSL
import Testing

@testable import IdempotencyTesting
@testable import IdempotencyWorker

@Suite("W8: keys that are fetched from an address", .timeLimit(.minutes(2)))
struct PrincipalAddressTests {
  private let issuer: TestIssuer
  private let lines = LogLines()

  init() async throws {
    issuer = try await TestIssuer()
  }

  private func set(_ keys: [String]) throws -> String {
    String(decoding: try JSONEncoder().encode(["keys": keys.map { try issuer.jwk($0) }]), as: UTF8.self)
  }

  private func remote(
    _ server: KeyServer, scheme: String = "http", caFile: String? = nil, timeout: TimeAmount = .seconds(5),
    registry: PrometheusRegistry? = nil, _ change: (inout RemoteKeySet.Timing) -> Void = { _ in }
  ) throws -> RemoteKeySet {
    var timing = RemoteKeySet.Timing()
    change(&timing)
    let address = try #require(KeysAddress("\(scheme)://127.0.0.1:\(server.port)/jwks.json?a=b"))
    return RemoteKeySet(
      client: try KeySetClient(address: address, caFile: caFile, timeout: timeout), timing: timing,
      metrics: registry.map { KeyMetrics($0) }, logger: lines.logger)
  }

  private func resolver(_ keys: RemoteKeySet) throws -> PrincipalResolver {
    try .jwt(JWTSettings(keys: .file("")), keys: .address(keys))
  }

  private func token(_ key: String) async throws -> String {
    try await issuer.token(#","exp":4000000000"#, key: key)
  }

  /// Waits until something is so that a task of its own brings about.
  private func eventually(_ isSo: () async -> Bool) async throws {
    while !(await isSo()) { try await Task.sleep(for: .milliseconds(2)) }
  }

  @Test("W8 until there are keys a caller is asked to come again, and then its token counts")
  func start() async throws {
    try await KeyServer.run(.bytes("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")) { server in
      let remote = try remote(server)
      let resolver = try resolver(remote)
      #expect(await resolver.word(try await token("es")) == "no-keys")
      await remote.refresh()
      #expect(await resolver.word(try await token("es")) == "no-keys")
      #expect(remote.failure == "It answered with 503." && remote.age == nil)
      server.answer(.keys(try set(["es"])))
      await remote.refresh()
      #expect(await resolver.word(try await token("es")) == "known")
      #expect(remote.failure == nil && remote.age != nil)
      #expect(
        server.requests.last == """
          GET /jwks.json?a=b HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n\
          Accept: application/jwk-set+json, application/json\r\nUser-Agent: idempotency-worker/\(workerVersion)\r\n\
          Connection: close\r\n\r\n
          """)
    }
  }

  @Test("W8 whatever is wrong with an answer, the last good keys stay, and the log says once that they do")
  func kept() async throws {
    let good = try set(["es"])
    let secret = #"{"keys":[{"kty":"oct","k":"AAAA"}]}"#
    let bad: [(KeyServer.Answer, String)] = [
      (.bytes("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"), "answered with 500"),
      (.keys("<html>"), "is no JSON Web Key Set"), (.keys(#"{"keys":[]}"#), "has no key"),
      (.keys(secret), "private or symmetric"), (.bytes(""), "closed the connection"),
      (.bytes("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + good), "closed the connection"),
      (.bytes("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"), "cannot be read"), (.bytes("ssh"), "closed the connection"),
      (.keys(good + String(repeating: " ", count: KeySet.maximumSize)), "larger than 1 MiB"),
      (.bytes("HTTP/1.1 200 OK\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n"), "cannot be read"),
    ]
    let registry = PrometheusRegistry()
    try await KeyServer.run(.keys(good, fields: ["Cache-Control: max-age=1000"])) { server in
      let remote = try remote(server, timeout: .seconds(30), registry: registry)
      let resolver = try resolver(remote)
      await remote.refresh()
      for (number, (answer, reason)) in bad.enumerated() {
        server.answer(answer)
        await remote.refresh()
        #expect(remote.failure?.contains(reason) == true, "\(remote.failure ?? "none") for \(reason)")
        // From a second, doubled, up to a minute.
        let pause = ContinuousClock.now.duration(to: remote.due)
        #expect(pause <= .seconds(min(60, 1 << number)))
        #expect(await resolver.word(try await token("es")) == "known")
      }
      server.answer(.keys(good))
      await remote.refresh()
      await remote.refresh()
      #expect(remote.failure == nil && remote.generation == 1)
      #expect(server.requests.count == bad.count + 3)
    }
    #expect(lines.entries.map(\.level) == [.warning, .notice])
    #expect(lines.entries.first?.message == "the keys of tokens could not be fetched; the last ones stay in force")
    // A query may hold a secret.
    #expect(!lines.lines.contains { $0.contains("a=b") })
    let text = registry.text()
    #expect(text.contains(#"idempotency_key_fetches_total{result="failure"} \#(bad.count)"#))
    #expect(text.contains(#"idempotency_key_fetches_total{result="success"} 3"#))
  }

  @Test("W8 an answer that does not come, or not to its end, is waited for as long as the time-out")
  func silent() async throws {
    let good = try set(["es"])
    try await KeyServer.run(.open("")) { server in
      let remote = try remote(server, timeout: .milliseconds(500))
      for answer in [KeyServer.Answer.open(""), .open("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + good)] {
        server.answer(answer)
        await remote.refresh()
        #expect(remote.failure?.contains("no whole answer within 500 ms") == true, "\(remote.failure ?? "none")")
      }
    }
  }

  @Test("W8 no redirect is followed")
  func redirect() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { other in
      let location = "Location: http://127.0.0.1:\(other.port)/"
      try await KeyServer.run(.bytes("HTTP/1.1 302 Found\r\n\(location)\r\nContent-Length: 0\r\n\r\n")) { server in
        let remote = try remote(server)
        await remote.refresh()
        #expect(remote.failure == "It answered with 302." && other.requests.isEmpty)
      }
    }
  }

  @Test("W8 keys last as long as the issuer says, within bounds")
  func lifetime() async throws {
    let cases: [([String], Int)] = [
      ([], 300), (["Cache-Control: max-age=600"], 600), (["cache-control: public, Max-Age = 600"], 600),
      (["Cache-Control: max-age=\"600\""], 600), (["Cache-Control: max-age=600", "Age: 100"], 500),
      (["Cache-Control: max-age=1"], 60), (["Cache-Control: no-store, max-age=600"], 60),
      (["Cache-Control: public", "Cache-Control: no-cache"], 60), (["Cache-Control: max-age=600", "Age: 9999"], 60),
      (["Cache-Control: max-age=99999999"], 86_400), (["Cache-Control: max-age=99999999999999999999"], 86_400),
      (["Cache-Control: max-age=-1"], 60), (["Cache-Control: max-age=ten"], 60), (["Cache-Control: max-age"], 300),
      (["Cache-Control: max-age=600, max-age=5"], 600), (["Cache-Control: s-maxage=5"], 300),
      (["Cache-Control: max-age=600", "Age: old"], 600), (["Expires: 0"], 300),
      (["Cache-Control: private=\"a, max-age=70\", max-age=600"], 600),
      (["Cache-Control: x=\"a, no-store\", max-age=600"], 600),
    ]
    try await KeyServer.run(.keys("")) { server in
      let remote = try remote(server)
      for (fields, seconds) in cases {
        server.answer(.keys(try set(["es"]), fields: fields))
        let before = ContinuousClock.now
        await remote.refresh()
        let span = before.duration(to: remote.due)
        #expect(span >= .seconds(seconds) && span < .seconds(seconds + 30), "\(fields): \(span)")
      }
    }
  }

  @Test("W8 they are fetched anew when their time is over, and a token of a withdrawn key is nobody's from then on")
  func refreshed() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server) { ($0.shortest, $0.usual, $0.longest) = (.zero, .milliseconds(5), .seconds(1)) }
      let resolver = try resolver(remote)
      let refresher = KeyRefresher()
      let service = Task { await refresher.run() }
      refresher.use(remote)
      try await server.requested(3)
      let token = try await token("es")
      try await eventually { await resolver.word(token) == "known" }
      #expect(remote.generation == 1)
      server.answer(.keys(try set(["ed"])))
      // It was remembered for a minute.
      try await eventually { await resolver.word(token) == "unknown-key" }
      #expect(remote.generation == 2)
      #expect(await resolver.word(try await self.token("ed")) == "known")
      refresher.use(nil)
      // Another configuration took force: the last fetch may still be on its way, and none follows it.
      await remote.refresh()
      try await Task.sleep(for: .milliseconds(50))
      let count = server.requests.count
      try await Task.sleep(for: .milliseconds(100))
      #expect(server.requests.count == count)
      service.cancel()
      await service.value
    }
  }

  @Test("W8 a fetch that fails is followed by another soon, however long the keys would have lasted")
  func retried() async throws {
    try await KeyServer.run(.keys(try set(["es"]), fields: ["Cache-Control: max-age=80000"])) { server in
      let remote = try remote(server) { $0.retry = .milliseconds(5) }
      let fetching = Task { await remote.run() }
      try await server.requested(1)
      try await eventually { remote.current != nil }
      server.answer(.bytes(""))
      // As for a token whose key is not here.
      await remote.refresh()
      server.answer(.keys(try set(["es", "ed"])))
      try await eventually { remote.generation == 2 }
      fetching.cancel()
      await fetching.value
    }
  }

  @Test("W8 tokens that wait for keys keep no others from being verified, and are told by one look what came meanwhile")
  func places() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server, timeout: .seconds(2)) { $0.unknownKey = .zero }
      await remote.refresh()
      let queue = VerificationQueue(limit: 1)
      let verifier = TokenVerifier(keys: .address(remote), claims: ["sub"], rules: TokenRules(), queue: queue)
      @Sendable func word(_ token: String) async -> String {
        switch verifier.resolve(token) {
        case .known(let caller): caller.word
        case .verify(let verify): await verify().word
        }
      }
      server.answer(.open(""))
      let (other, own) = (try await token("ed"), try await token("es"))
      let waiting = Task { await word(other) }
      try await server.requested(2)
      #expect(await word(own) == "known")
      #expect(await waiting.value == "unknown-key")
      #expect(queue.count == 0)
    }
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server)
      await remote.refresh()
      #expect(await remote.renew(0) == .looked)
      #expect(await remote.renew(1) == .recent)
      #expect(server.requests.count == 1)
    }
  }

  @Test("W8 a key without a name that the issuer replaced is fetched for a token that it has not signed")
  func unnamedKeyReplaced() async throws {
    let other = try await TestIssuer()
    func unnamed(_ issuer: TestIssuer) throws -> String {
      String(decoding: try JSONEncoder().encode(["keys": [try issuer.jwk("es", ["kid": ""])]]), as: UTF8.self)
    }
    try await KeyServer.run(.keys(try unnamed(other))) { server in
      let remote = try remote(server) { $0.unknownKey = .zero }
      let resolver = try resolver(remote)
      await remote.refresh()
      server.answer(.keys(try unnamed(issuer)))
      for kid in ["", "es"] {
        #expect(
          await resolver.word(
            try await issuer.token(["iss": "i", "sub": "alice", "exp": .integer(4_000_000_000)], key: "es", kid: kid))
            == "known")
      }
      #expect(server.requests.count == 2)
    }
  }

  @Test("W8 one key that cannot be read withdraws no other and keeps none in force; its names are cut in the log")
  func unreadable() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server)
      let resolver = try resolver(remote)
      await remote.refresh()
      let es = try await token("es")
      #expect(await resolver.word(es) == "known")
      let long = String(repeating: "x", count: 100)
      let bad = [
        "{}", "1", #"{"kty":"RSA","kid":7}"#, #"{"kty":"RSA","kid":"a\nb","n":"AQAB","e":"AQAB"}"#,
        #"{"kty":"EC","crv":"P-256","kid":"\#(long)","x":"AAAA","y":"AAAA"}"#, #"{"kty":"EC","crv":"P-256"}"#,
      ]
      let good = String(decoding: try JSONEncoder().encode(try issuer.jwk("ed")), as: UTF8.self)
      server.answer(.keys(#"{"keys":[\#((bad + [good]).joined(separator: ","))]}"#))
      await remote.refresh()
      #expect(remote.failure == nil, "\(remote.failure ?? "")")
      #expect(await resolver.word(es) == "unknown-key")
      #expect(await resolver.word(try await token("ed")) == "known")
      let remarks = remote.current?.keys.remarks ?? []
      #expect(remarks.count == bad.count, "\(remarks)")
      #expect(remarks.contains { $0.contains("(kid a?b)") } && remarks.allSatisfy { !$0.contains("\n") })
      #expect(remarks.contains { $0.contains("(kid \(long.prefix(64))…)") })
    }
  }

  @Test("W8 a key that is not known is looked for once in an interval, by one request for all")
  func unknown() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server)
      let resolver = try resolver(remote)
      await remote.refresh()
      server.answer(.keys(try set(["es", "ed"])))
      // A moment ago they were fetched: anybody can send a token that names a key.
      for _ in 0..<20 { #expect(await resolver.word(try await token("ed")) == "unknown-key") }
      #expect(server.requests.count == 1)
    }
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let remote = try remote(server, timeout: .seconds(3)) { $0.unknownKey = .zero }
      let resolver = try resolver(remote)
      await remote.refresh()
      // A forged signature by a key that is here is no reason.
      let forged = String(try await token("es").dropLast(6)) + "AAAAAA"
      #expect(await resolver.word(forged) == "unknown-key")
      #expect(server.requests.count == 1)
      server.answer(.keys(try set(["es", "ed"])))
      #expect(await resolver.word(try await token("ed")) == "known")
      #expect(server.requests.count == 2)
      // Who comes while they are fetched waits for the same answer.
      server.answer(.open(""))
      let token = try await token("rs")
      let first = Task { await resolver.word(token) }
      try await server.requested(3)
      let others = (0..<20).map { _ in Task { await remote.refresh() } }
      first.cancel()
      for task in others { task.cancel() }
      for task in others { await task.value }
      #expect(await first.value == "unknown-key")
      #expect(server.requests.count == 3)
    }
  }

  @Test("W8 over TLS only a server that the authorities vouch for is asked")
  func tls() async throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "keys-tls-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    var certificates: [TestCertificate] = []
    for name in ["one", "other"] {
      let directory = root.appending(path: name)
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      certificates.append(try await TestCertificate.make(in: directory.path))
    }
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: [.certificate(try NIOSSLCertificate.fromPEMFile(certificates[0].certificatePath)[0])],
        privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates[0].keyPath, format: .pem))))
    try await KeyServer.run(.keys(try set(["es"])), tls: context) { server in
      let trusting = try remote(server, scheme: "https", caFile: certificates[0].certificatePath)
      await trusting.refresh()
      #expect(trusting.current != nil, "\(trusting.failure ?? "")")
      for caFile in [certificates[1].certificatePath, nil] {
        let other = try remote(server, scheme: "https", caFile: caFile)
        await other.refresh()
        #expect(other.current == nil && other.failure != nil)
      }
      #expect(server.requests.count == 1)
    }
  }

  @Test("W8 a reload keeps the keys of an address that is still the same, and takes no other that gives none")
  func reload() async throws {
    try await KeyServer.run(.keys(try set(["es"]))) { server in
      let directory = try ConfigurationDirectory()
      let metrics = WorkerMetrics(registry: PrometheusRegistry(), version: "0")
      let keys = KeyRefresher()
      func load(_ port: Int, _ line: String = "", mayLackKeys: Bool) async throws -> Site {
        let text = "principal: { jwt: { keysUrl: \"http://127.0.0.1:\(port)/\", requireExpiry: true\(line) } }"
        return try await Site.load(
          try directory.load(ConfigurationRefusals.document(text)), keys: keys, mayLackKeys: mayLackKeys,
          metrics: metrics, logger: lines.logger)
      }
      let first = try await load(server.port, mayLackKeys: true)
      keys.use(first.principals?.remoteKeys)
      let token = try await token("es")
      #expect(await first.principals?.word(token) == "known")
      server.answer(.bytes(""))
      let second = try await load(server.port, ", audience: wallet", mayLackKeys: false)
      // What is in force is not touched before the whole configuration is taken.
      #expect(second.principals?.remoteKeys !== keys.current && keys.current?.failure == nil)
      #expect(await first.principals?.word(token) == "known")
      #expect(await second.principals?.word(token) == "not-for-us")
      try await KeyServer.run(.bytes("")) { silent in
        let error = await #expect(throws: PrincipalError.self) { try await load(silent.port, mayLackKeys: false) }
        #expect(error?.description.hasPrefix("The keys could not be fetched from http://127.0.0.1:") == true)
        // At a start it is none: keys are asked for until there are some.
        let start = try await load(silent.port, mayLackKeys: true)
        #expect(await start.principals?.word(token) == "no-keys")
      }
    }
  }

  @Test(
    "W8 an address is https, or this machine's own",
    arguments: [
      ("https://id.example/jwks.json", "https://id.example/jwks.json"),
      ("HTTPS://ID.Example:443", "https://id.example/"),
      ("https://id.example:8443/a?b=c", "https://id.example:8443/a"), ("https://id.example?b", "https://id.example/"),
      ("http://127.0.0.1:1/a", "http://127.0.0.1:1/a"), ("http://[::1]:1/a", "http://[::1]:1/a"),
      ("http://localhost/a", "http://localhost/a"), ("http://id.example/a", nil), ("http://10.0.0.1/a", nil),
      ("http://127.0.0.1.example/a", nil), ("http://localhost.example/a", nil), ("https://u@id.example/a", nil),
      ("https://id.example/a#b", nil), ("https://id.example/a b", nil), ("https://id.example/\r\nX: y", nil),
      ("https://id.example/\u{E9}", nil), ("file:///etc/passwd", nil), ("https:///a", nil), ("id.example/a", nil),
      ("https://id.example/" + String(repeating: "a", count: 2_048), nil), ("", nil),
    ] as [(String, String?)])
  func addresses(_ text: String, _ expected: String?) {
    #expect(KeysAddress(text)?.description == expected)
  }
}
