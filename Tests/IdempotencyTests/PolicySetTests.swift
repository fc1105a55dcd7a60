import NIOCore
import Testing

@testable import Idempotency

@Suite struct PolicySetTests {
  private func policy(
    _ name: String = "transfers", path: String = "/transfers", _ change: (inout IdempotencyPolicy) -> Void = { _ in }
  ) throws -> IdempotencyPolicy {
    var policy = try IdempotencyPolicy(name, methods: ["POST"], path: path)
    change(&policy)
    return policy
  }

  private func head(
    _ method: String = "POST", _ target: String = "/transfers", keys: [String] = ["k"], length: Int? = nil,
    fields: [String: String] = [:]
  ) -> HTTPRequestHead {
    HTTPRequestHead(
      method: method, target: target, authority: Authority("api.example.com", scheme: "https"), scheme: "https",
      contentLength: length, lines: { $0 == FieldName.key ? keys : fields[$0].map { [$0] } ?? [] })
  }

  /// `pass`, `ignored`, `guarded`, or the problem's type.
  private func text(_ admission: Admission) -> String {
    switch admission {
    case .pass(let ignored): ignored ? "ignored" : "pass"
    case .answer(let answer, _): answer.problemType.isEmpty ? answer.text : "\(answer.problemType) \(answer.summary)"
    case .guarded: "guarded"
    }
  }

  private let nobody: () -> Principal? = { nil }
  private let somebody: () -> Principal? = { Principal("x-api-key", "alice") }

  @Test("Only methods and paths of a policy are guarded (A1); a key elsewhere is ignored (A4)")
  func applicability() throws {
    let set = try PolicySet([policy()])
    #expect(text(set.admit(head(), principal: somebody)) == "guarded")
    #expect(text(set.admit(head("PUT"), principal: somebody)) == "ignored")
    #expect(text(set.admit(head("POST", "/other"), principal: somebody)) == "ignored")
    #expect(text(set.admit(head("POST", "/other", keys: []), principal: somebody)) == "pass")
    #expect(text(set.admit(head("GET", "/other"), principal: somebody)) == "ignored")
  }

  @Test("Required and absent: 400 (A2). Optional and absent: forwarded (A3), whoever calls (A5)")
  func absent() throws {
    let required = try PolicySet([policy { $0.isKeyRequired = true }])
    #expect(text(required.admit(head(keys: []), principal: nobody)) == "key-missing rejected 400")
    let optional = try PolicySet([policy()])
    #expect(text(optional.admit(head(keys: []), principal: nobody)) == "pass")
  }

  @Test("W8 an unidentified caller is told why: 401 with an error in the challenge, or 503 if that may change")
  func unidentifiedForAReason() throws {
    let expired = Unidentified(detail: "It is over.", challenge: #"error="invalid_token""#)
    for (challenge, expected) in [
      ("Bearer", #"Bearer error="invalid_token""#), (#"Bearer realm="a""#, #"Bearer realm="a", error="invalid_token""#),
    ] {
      let set = try PolicySet([policy()], challenge: challenge)
      let admission = set.admit(head(), caller: { .unknown(expired) })
      #expect(text(admission) == "principal-missing rejected 401")
      guard case .answer(let answer, _) = admission else { return }
      #expect(answer.values("www-authenticate") == [expected])
      #expect(answer.text.contains(#""detail":"It is over.""#))
    }
    let later = Unidentified(detail: "Not now.", isTemporary: true)
    let admission = try PolicySet([policy()]).admit(head(), caller: { .unknown(later) })
    #expect(text(admission) == "not-ready failed 503")
    guard case .answer(let answer, _) = admission else { return }
    #expect(answer.values("www-authenticate") == [] && answer.values("retry-after") == ["1"])
    // Without a key nobody is asked for.
    #expect(text(try PolicySet([policy()]).admit(head(keys: []), caller: { .unknown(later) })) == "pass")
  }

  @Test("An unidentified caller with a key: 401 with WWW-Authenticate (A5)")
  func unidentified() throws {
    let set = try PolicySet([policy()], challenge: "Bearer")
    let admission = set.admit(head(), principal: nobody)
    #expect(text(admission) == "principal-missing rejected 401")
    guard case .answer(let answer, let policy) = admission else { return }
    #expect(answer.values("www-authenticate") == ["Bearer"])
    #expect(policy?.name == "transfers")
    let open = try PolicySet([self.policy { $0.scope = [.path] }])
    #expect(
      text(
        open.admit(
          head(),
          principal: {
            Issue.record("asked in vain"); return nil
          })) == "guarded")
  }

  @Test("The order: ambiguous, match, key, absent, principal, size")
  func order() throws {
    let set = try PolicySet([policy { $0.limits.requestBody = 10 }])
    #expect(text(set.admit(head("POST", "/x//transfers"), principal: nobody)) == "ignored")
    #expect(text(set.admit(head("POST", "//transfers", keys: []), principal: nobody)) == "path-ambiguous rejected 400")
    #expect(text(set.admit(head(keys: ["a", "b"], length: 11), principal: nobody)) == "key-malformed rejected 400")
    #expect(text(set.admit(head(keys: [""], length: 11), principal: nobody)) == "key-malformed rejected 400")
    #expect(text(set.admit(head(length: 11), principal: nobody)) == "principal-missing rejected 401")
    #expect(text(set.admit(head(length: 11), principal: somebody)) == "request-too-large rejected 413")
    #expect(text(set.admit(head(length: 10), principal: somebody)) == "guarded")
  }

  @Test("The first policy that matches wins")
  func first() throws {
    let set = try PolicySet([policy("narrow"), policy("wide", path: "/**") { $0.isKeyRequired = true }])
    guard case .guarded(let one) = set.admit(head(), principal: somebody),
      case .guarded(let other) = set.admit(head("POST", "/x"), principal: somebody)
    else {
      Issue.record("not guarded")
      return
    }
    #expect(one.policy.name == "narrow")
    #expect(other.policy.name == "wide")
  }

  @Test("unmatchedKey: reject refuses a key on a POST or PATCH, on nothing else")
  func unmatchedKey() throws {
    let set = try PolicySet([policy()], unmatchedKey: .reject)
    #expect(text(set.admit(head("POST", "/x"), principal: nobody)) == "key-unexpected rejected 400")
    #expect(text(set.admit(head("PATCH", "/x"), principal: nobody)) == "key-unexpected rejected 400")
    #expect(text(set.admit(head("DELETE", "/x"), principal: nobody)) == "ignored")
    #expect(text(set.admit(head("POST", "/x", keys: []), principal: nobody)) == "pass")
  }

  @Test("The policy document is published, in the words of the configuration (E15)")
  func document() throws {
    let set = try PolicySet([
      policy {
        $0.execution.unknownOutcome = .executeAgain; $0.execution.onMismatch = .replay
      }
    ])
    guard case .answer(let answer, nil) = set.admit(head("GET", PolicyDocument.path, keys: []), principal: nobody)
    else {
      Issue.record("no document")
      return
    }
    #expect(answer.status == 200)
    #expect(answer.label == nil)
    #expect(answer.values("idempotency-status") == [])
    #expect(answer.text.contains(#""on_unknown_outcome":"execute-again""#))
    #expect(answer.text.contains(#""on_mismatch":"replay""#))
    #expect(answer.text.contains(#""retention_seconds":86400"#))
    #expect(answer.problem["policies"] != nil)
    #expect(text(set.admit(head("POST", PolicyDocument.path, keys: []), principal: nobody)) == "pass")
    // Also where a policy guards everything.
    let greedy = try PolicySet([
      policy {
        $0.methods = ["GET"]; $0.path = try! PathPattern("/**")
      }
    ])
    guard case .answer(let same, nil) = greedy.admit(head("GET", PolicyDocument.path), principal: nobody) else {
      Issue.record("the document is guarded by a policy")
      return
    }
    #expect(same.status == 200)
  }

  @Test("The document says where keys come from, for which host, and how long a duplicate waits (E15)")
  func documentOfSources() throws {
    func document(_ change: (inout IdempotencyPolicy) throws -> Void) throws -> String {
      var policy = try IdempotencyPolicy("p", path: "/{id}")
      try change(&policy)
      return try PolicySet([policy]).document.answer.text
    }
    let plain = try document { _ in }
    #expect(plain.contains(#""key":{"header":"Idempotency-Key","format":"any","required":false,"strict":false"#))
    #expect(plain.contains(#""on_in_progress":"reject""#))
    #expect(!plain.contains("host"))
    #expect(!plain.contains("wait_seconds"))
    #expect(try document { $0.host = "api.example.com" }.contains(#""host":"api.example.com""#))
    #expect(try document { $0.keySource = .path("id") }.contains(#""key":{"path":"id","#))
    #expect(try document { $0.keySource = .body(try JSONPointer("/a")) }.contains(#""key":{"body":"/a","#))
    let derivation = try KeyDerivation([.principal, .pointer(JSONPointer("/a"))])
    #expect(try document { $0.keySource = .derive(derivation) }.contains(#""key":{"derive":["principal","/a"],"#))
    let waiting = try document { $0.execution.onInProgress = .wait(upTo: .milliseconds(2_050)) }
    #expect(waiting.contains(#""on_in_progress":"wait","wait_seconds":2.050,"#))
    #expect(try document { $0.execution.onInProgress = .wait(upTo: .seconds(5)) }.contains(#""wait_seconds":5,"#))
  }

  // MARK: Hosts and spellings

  @Test("A policy with a host guards its requests alone (A1)")
  func host() throws {
    let set = try PolicySet([policy { $0.host = "API.example.com:443" }])
    #expect(text(set.admit(head(), principal: somebody)) == "guarded")
    #expect(text(set.admit(head("POST", "https://api.example.com/transfers"), principal: somebody)) == "guarded")
    #expect(text(set.admit(head("POST", "https://other.example.com/transfers"), principal: somebody)) == "ignored")
    #expect(text(set.admit(head("POST", "//transfers"), principal: somebody)) == "path-ambiguous rejected 400")
    #expect(text(set.admit(head("POST", "https://other.example.com//transfers"), principal: somebody)) == "ignored")
  }

  @Test(
    "W4 what some servers take for a guarded host is guarded or refused, and so is none",
    arguments: [
      ("api.example.com", "guarded"), ("API.example.com:8443", "guarded"), ("other.example.com", "ignored"),
      ("10.0.0.1", "ignored"),
      (nil, "host-ambiguous rejected 400"), ("api.example.com.", "host-ambiguous rejected 400"),
      ("api.example.com..", "host-ambiguous rejected 400"), ("api%2eexample.com", "host-ambiguous rejected 400"),
      ("api.example.com%00", "host-ambiguous rejected 400"), ("api.example.com%252e", "host-ambiguous rejected 400"),
      ("api.example.com:0443", "host-ambiguous rejected 400"), ("api.example.com:", "host-ambiguous rejected 400"),
      ("api.example.com;x", "host-ambiguous rejected 400"), ("other.example.com.", "host-ambiguous rejected 400"),
      ("0x0a000001", "host-ambiguous rejected 400"),
    ])
  func hosts(_ host: String?, _ expected: String) throws {
    func admission(_ method: String, _ target: String, _ set: PolicySet) -> String {
      let authority = host.map { Authority($0, scheme: "https") }
      return text(
        set.admit(
          HTTPRequestHead(
            method: method, target: target, authority: authority, scheme: "https", contentLength: nil,
            lines: { $0 == FieldName.key ? ["k"] : [] }), principal: somebody))
    }
    let set = try PolicySet([policy { $0.host = "api.example.com" }])
    #expect(admission("POST", "/transfers", set) == expected)
    // Nothing is refused that no policy for a host can guard.
    #expect(admission("PUT", "/transfers", set) == "ignored")
    #expect(admission("POST", "/other", set) == "ignored")
    #expect(admission("POST", "/transfers", try PolicySet([policy()])) == "guarded")
    // Both in one request.
    let both = admission("POST", "/transfers;x", set)
    #expect(both == (expected == "guarded" ? "path-ambiguous rejected 400" : expected))
  }

  @Test("W4 a policy's host is in its plain spelling", arguments: ["api.example.com.", "a:b", "0x7f.1", "%61", ""])
  func plainHost(_ host: String) {
    #expect(throws: PolicyError.self) { _ = try PolicySet([policy { $0.host = host }]) }
  }

  @Test("W9 the work for a path is bounded: beyond it the path is refused where a policy has the method")
  func boundedReadings() throws {
    let set = try PolicySet([policy()])
    for target in [
      "/" + String(repeating: "%252f;%2e", count: 1_500), String(repeating: "/;", count: 8_000),
      String(repeating: "//", count: 8_000), "/a/" + String(repeating: "../a/", count: 3_000),
    ] {
      #expect(text(set.admit(head("POST", target), principal: somebody)) == "path-ambiguous rejected 400")
      #expect(text(set.admit(head("PUT", target), principal: somebody)) == "ignored")
      #expect(CanonicalPath(target: target, readsOtherwise: false).otherReadings.isEmpty)
      let path = CanonicalPath(target: target)
      #expect((path.lenientReadings + path.otherReadings).reduce(0) { $0 + $1.count } <= 32 * 1_024)
    }
    // What a client may well send is read to its end.
    let key = "/files/" + String(repeating: "folder%2F", count: 100) + "name"
    #expect(text(set.admit(head("POST", key), principal: somebody)) == "ignored")
  }

  @Test(
    "A1 what some routers take for a guarded path that is not matched as it is written",
    arguments: [
      "/transfers;x", "/transfers;x=1/", "/;a/transfers", "/transfers%3Bx", "/%2574ransfers", "/%252Ftransfers",
      "/a/%252e%252e/transfers", "/a/..;/transfers;b", "/x/%2e%2e/transfers;b", "/transfers;%2574",
      "/transfers%2500.txt",
    ])
  func ambiguousReadings(_ target: String) throws {
    let set = try PolicySet([policy()])
    #expect(text(set.admit(head("POST", target, keys: []), principal: nobody)) == "path-ambiguous rejected 400")
    #expect(text(set.admit(head("PUT", target, keys: []), principal: nobody)) == "pass")
  }

  @Test(
    "A1 parameters and double encodings that no reading leads to another policy",
    arguments: [
      ("/wallets/w;1/transfers", "guarded"), ("/wallets/w%253B1/transfers", "guarded"),
      ("/wallets/a%25b/transfers", "guarded"),
      ("/other;x", "ignored"), ("/%2561", "ignored"), ("/100%25", "ignored"), ("/wallets;x", "ignored"),
      ("/wallets/a%252Fb/transfers", "guarded"),
    ])
  func harmlessReadings(_ target: String, _ expected: String) throws {
    let set = try PolicySet([policy(path: "/wallets/{id}/transfers")])
    #expect(text(set.admit(head("POST", target), principal: somebody)) == expected)
  }

  @Test("A1 a path that another policy guards in another reading is ambiguous; one that the same guards is not")
  func otherPolicy() throws {
    let narrowFirst = try PolicySet([policy(), policy("all", path: "/**")])
    #expect(text(narrowFirst.admit(head("POST", "/transfers;x"), principal: somebody)) == "path-ambiguous rejected 400")
    #expect(text(narrowFirst.admit(head("POST", "/other;x"), principal: somebody)) == "guarded")
    let wideFirst = try PolicySet([policy("all", path: "/**"), policy()])
    #expect(text(wideFirst.admit(head("POST", "/transfers;x"), principal: somebody)) == "guarded")
  }

  @Test("Not ready and too large, as a shell says them itself")
  func ownAnswers() throws {
    let set = try PolicySet([policy()])
    #expect(set.notReady().summary == "failed 503")
    #expect(set.notReady().problemType == "not-ready")
    #expect(try set.tooLarge(policy()).summary == "rejected 413")
  }

  // MARK: Scope and fingerprint

  private func guarded(
    _ set: PolicySet, _ head: HTTPRequestHead, _ principal: Principal = Principal("x-api-key", "alice")
  ) throws -> GuardedRequest {
    guard case .guarded(let request) = set.admit(head, principal: { principal }) else {
      throw PolicyError(policy: "-", reason: "not guarded")
    }
    return request
  }

  private func recordKey(
    _ set: PolicySet, _ head: HTTPRequestHead, _ principal: Principal = Principal("x-api-key", "alice")
  ) throws -> RecordKey {
    let request = try guarded(set, head, principal)
    guard case .exchange(_, let key) = request.exchange(body: ByteBuffer(string: "{}"), worker: "w") else {
      throw PolicyError(policy: "-", reason: "no exchange")
    }
    return key
  }

  private func fingerprint(_ request: GuardedRequest, _ body: String = "{}") throws -> Fingerprint {
    guard case .exchange(let exchange, _) = request.exchange(body: ByteBuffer(string: body), worker: "w") else {
      throw PolicyError(policy: "-", reason: "no exchange")
    }
    return exchange.engine.fingerprint
  }

  @Test("Another principal has its own key (F7), callers that share one field stay apart (F10)")
  func scope() throws {
    let set = try PolicySet([policy()])
    let alice = try recordKey(set, head())
    #expect(try recordKey(set, head(), Principal("x-api-key", "bob")) != alice)
    #expect(try recordKey(set, head()) == alice)
    let shared = Principal(fields: [.init(name: "x-api-key", value: "alice"), .init(name: "x-tenant", value: "1")])
    let apart = Principal(fields: [.init(name: "x-api-key", value: "alice"), .init(name: "x-tenant", value: "2")])
    #expect(try recordKey(set, head(), shared) != recordKey(set, head(), apart))
    #expect(!alice.description.contains("alice"))
  }

  @Test("What a scope names tells keys apart, and nothing else does (N2)")
  func scopeEntries() throws {
    let byPath = try PolicySet([policy(path: "/{what}") { $0.scope = [.path, .header("X-Region"), .authority] }])
    let one = try recordKey(byPath, head("POST", "/on"))
    #expect(try recordKey(byPath, head("POST", "/off")) != one)
    #expect(try recordKey(byPath, head("POST", "/on?q=1")) == one)
    #expect(try recordKey(byPath, head("POST", "/on", fields: ["x-region": "eu"])) != one)
    #expect(try recordKey(byPath, head("POST", "/on"), Principal("x-api-key", "bob")) == one)
    let absolute = head("POST", "https://other.example.com/on")
    #expect(try recordKey(byPath, absolute) != one)
    let none = try PolicySet([policy { $0.scope = [] }])
    #expect(try recordKey(none, head()).description == "transfers:-:k")
  }

  @Test("Other payload, path, query, authority or counted field is another request (F1, F2)")
  func fingerprints() throws {
    let set = try PolicySet([policy(path: "/{what}") { $0.fingerprint = FingerprintSettings(headers: ["X-Version"]) }])
    let first = try fingerprint(guarded(set, head("POST", "/a")))
    #expect(try fingerprint(guarded(set, head("POST", "/a"))) == first)
    #expect(try fingerprint(guarded(set, head("POST", "/%61/"))) == first)
    #expect(try fingerprint(guarded(set, head("POST", "/a")), "{ }") != first)
    #expect(try fingerprint(guarded(set, head("POST", "/b"))) != first)
    #expect(try fingerprint(guarded(set, head("POST", "/a?"))) != first)
    #expect(try fingerprint(guarded(set, head("POST", "/a", fields: ["x-version": "2"]))) != first)
    #expect(try fingerprint(guarded(set, head("POST", "https://other/a"))) != first)
    #expect(try fingerprint(guarded(set, head("POST", "https://API.example.com:443/a"))) == first)
  }

  @Test("A body that is no JSON where JSON counts: 400, key not consumed (F4)")
  func malformed() throws {
    let set = try PolicySet([policy { $0.fingerprint = FingerprintSettings(bodyForm: .json) }])
    let request = try guarded(set, head())
    guard case .answer(let answer) = request.exchange(body: ByteBuffer(string: "{"), worker: "w") else {
      Issue.record("no refusal")
      return
    }
    #expect(answer.summary == "rejected 400")
    #expect(answer.problemType == "request-malformed")
  }

  // MARK: Validation

  @Test(
    "What contradicts itself is refused when the set is made",
    arguments: [
      { $0.keyspace = "a b" }, { $0.keyspace = "" }, { $0.methods = [] }, { $0.execution.lease = .milliseconds(29) },
      {
        $0.execution.lease = .seconds(90_000); $0.execution.retention = .seconds(900_000)
      },
      { $0.execution.retention = .seconds(59) }, { $0.execution.uncertainRetention = .seconds(59) },
      { $0.keySource = .header("X Key") }, { $0.keySource = .header("") }, { $0.keySource = .path("id") },
      { $0.keySource = .derive(KeyDerivation([])) },
      {
        $0.keySource = .derive(KeyDerivation([.principal])); $0.keyFormat = .uuid
      },
      {
        $0.keySource = .derive(KeyDerivation([.principal])); $0.isKeyStrict = true
      },
      { $0.execution.onInProgress = .wait(upTo: .zero) }, { $0.execution.onInProgress = .wait(upTo: .seconds(-1)) },
      { $0.limits.responseBody = -1 }, { $0.statuses.inProgress = 1000 }, { $0.statuses.mismatch = 199 },
    ] as [@Sendable (inout IdempotencyPolicy) -> Void])
  func invalid(_ change: @Sendable (inout IdempotencyPolicy) -> Void) throws {
    let broken = try policy("broken", change)
    #expect(throws: PolicyError.self) { try PolicySet([broken]) }
  }

  @Test(
    "Policies that share a keyspace derive keys and fingerprints alike (F11)",
    arguments: [
      { $0.keyFormat = .uuid }, { $0.scope = [] }, { $0.fingerprint = FingerprintSettings(bodyForm: .none) },
      { $0.isTrailingSlashSignificant = true },
    ] as [@Sendable (inout IdempotencyPolicy) -> Void])
  func sharedKeyspace(_ change: @Sendable (inout IdempotencyPolicy) -> Void) throws {
    let one = try policy()
    let same = try policy("other", path: "/other") { $0.keyspace = "transfers" }
    _ = try PolicySet([one, same])
    var different = same
    change(&different)
    let error = #expect(throws: PolicyError.self) { try PolicySet([one, different]) }
    #expect(error?.policy == "other")
  }
}
