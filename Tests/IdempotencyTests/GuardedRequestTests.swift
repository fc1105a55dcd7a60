import NIOCore
import Testing

@testable import Idempotency

/// Where keys come from: a field of any name, the body, the path, the operation's own fields.
@Suite struct GuardedRequestTests {
  private func set(
    _ source: KeySource, path: String = "/intents/{id}", required: Bool = false,
    _ change: (inout IdempotencyPolicy) -> Void = { _ in }
  ) throws -> PolicySet {
    var policy = try IdempotencyPolicy("intents", methods: ["POST"], path: path)
    policy.keySource = source
    policy.isKeyRequired = required
    change(&policy)
    return try PolicySet([policy])
  }

  private func head(
    _ target: String = "/intents/i1", length: Int? = nil, fields: [String: [String]] = [:]
  ) -> HTTPRequestHead {
    HTTPRequestHead(
      method: "POST", target: target, authority: Authority("api.example.com", scheme: "https"), scheme: "https",
      contentLength: length,
      lines: { fields[$0] ?? [] })
  }

  private static let alice = Principal("x-api-key", "alice")

  /// What becomes of a request: `pass`, a problem's type and status, or its record key behind `exchange`.
  private func outcome(
    _ set: PolicySet, _ head: HTTPRequestHead, _ body: String = "{}", _ principal: Principal? = alice
  ) -> String {
    switch set.admit(head, principal: { principal }) {
    case .pass(let ignored): return ignored ? "ignored" : "pass at the head"
    case .answer(let answer, _): return "\(answer.problemType) \(answer.status) at the head"
    case .guarded(let request):
      switch request.exchange(body: ByteBuffer(string: body), worker: "w") {
      case .pass: return "pass"
      case .answer(let answer): return "\(answer.problemType) \(answer.status)"
      case .exchange(_, let key): return "exchange \(key.description.split(separator: ":").last ?? "")"
      }
    }
  }

  private func pointer(_ text: String) throws -> JSONPointer { try JSONPointer(text) }

  @Test("A field of another name; that name is nothing special elsewhere (K1, A1)")
  func otherField() throws {
    let set = try set(.header("X-Request-Key"))
    #expect(outcome(set, head(fields: ["x-request-key": ["k"]])) == "exchange k")
    #expect(outcome(set, head(fields: ["idempotency-key": ["k"]])) == "pass at the head")
    #expect(outcome(set, head("/other", fields: ["x-request-key": ["k"]])) == "pass at the head")
    #expect(outcome(set, head("/other", fields: ["idempotency-key": ["k"]])) == "ignored")
  }

  @Test("What is wrong with a key names the field that the policy takes it from (A2, K6)")
  func details() throws {
    let set = try set(.header("X-Request-Key"), required: true)
    func detail(_ head: HTTPRequestHead) -> String {
      guard case .answer(let answer, _) = set.admit(head, principal: { nil }) else { return "" }
      return answer.problem["detail"] ?? ""
    }
    #expect(detail(head()) == "This operation requires the field X-Request-Key.")
    let twice = head(fields: ["x-request-key": ["a", "b"]])
    #expect(detail(twice) == "The request has more than one X-Request-Key field.")
  }

  @Test("A key in the body is found with the body (N4)")
  func bodyKey() throws {
    let set = try set(.body(pointer("/txSignature")))
    #expect(outcome(set, head(), #"{"txSignature":"s 1"}"#) == "exchange s%201")
    #expect(outcome(set, head(), "{}") == "pass")
    #expect(outcome(set, head(), #"{"txSignature":7}"#) == "key-malformed 400")
    #expect(outcome(set, head(), "{") == "request-malformed 400")
    #expect(outcome(set, head(fields: ["idempotency-key": ["k"]]), "{}") == "pass")
    let required = try self.set(.body(pointer("/txSignature")), required: true)
    #expect(outcome(required, head(), "{}") == "key-missing 400")
  }

  @Test("Without a key in its body an unidentified caller is forwarded, with one it is refused (A5, N4)")
  func bodyKeyPrincipal() throws {
    let set = try set(.body(pointer("/txSignature")))
    #expect(outcome(set, head(), "{}", nil) == "pass")
    #expect(outcome(set, head(), #"{"txSignature":"s"}"#, nil) == "principal-missing 401")
    #expect(outcome(set, head(), #"{"txSignature":""}"#, nil) == "key-malformed 400")
    // W8: the reason waits with the key.
    let later = Caller.unknown(Unidentified(detail: "Not now.", isTemporary: true))
    guard case .guarded(let request) = set.admit(head(), caller: { later }),
      case .answer(let answer) = request.exchange(body: ByteBuffer(string: #"{"txSignature":"s"}"#), worker: "w")
    else {
      Issue.record("no answer")
      return
    }
    #expect("\(answer.problemType) \(answer.status)" == "not-ready 503")
  }

  @Test("A body beyond the limit cannot be looked at: 413, declared or not (N4)")
  func bodyKeySize() throws {
    let set = try set(.body(pointer("/txSignature"))) { $0.limits.requestBody = 20 }
    #expect(outcome(set, head(length: 21)) == "request-too-large 413 at the head")
    #expect(outcome(set, head(), #"{"txSignature":"0123456789"}"#) == "request-too-large 413")
  }

  @Test("A key in the path is known from the head (N4, K11)")
  func pathKey() throws {
    let set = try set(.path("id")) { $0.keyFormat = .uuid }
    let uuid = "3F9C2A7E-1B4D-4C8A-9E21-7D5F0B6A1C33"
    #expect(outcome(set, head("/intents/\(uuid)")) == "exchange \(uuid.lowercased())")
    #expect(outcome(set, head("/intents/x")) == "key-malformed 400 at the head")
    #expect(outcome(set, head("/intents/\(uuid)"), "{}", nil) == "principal-missing 401 at the head")
    guard case .guarded(let request) = set.admit(head("/intents/\(uuid)"), principal: { Self.alice }) else { return }
    #expect(request.hasKey)
  }

  @Test("A key of the operation's own fields: one operation, however it is sent again (L8)")
  func derived() throws {
    let (asset, amount) = (try pointer("/asset"), try pointer("/amount"))
    let sources: [KeyDerivation.Source] = [.principal, .pointer(asset), .pointer(amount)]
    let set = try set(.derive(KeyDerivation(sources)))
    let first = outcome(set, head(), #"{"asset":"BTC","amount":1,"fee":5}"#)
    #expect(first.hasPrefix("exchange "))
    #expect(outcome(set, head(), #"{"fee":9,"amount":1.0,"asset":"BTC"}"#) == first)
    #expect(outcome(set, head(), #"{"asset":"BTC","amount":2}"#) != first)
    #expect(outcome(set, head(), #"{"asset":"BTC","amount":1}"#, Principal("x-api-key", "bob")) != first)
    #expect(outcome(set, head(), #"{"asset":"BTC"}"#) == "pass")
    #expect(outcome(set, head(), "[") == "request-malformed 400")
    #expect(outcome(set, head(), #"{"asset":"BTC"}"#, nil) == "pass")
    #expect(outcome(set, head(), #"{"asset":"BTC","amount":1}"#, nil) == "principal-missing 401")
    let required = try self.set(.derive(KeyDerivation(sources)), required: true)
    #expect(outcome(required, head(), "{}") == "key-missing 400")
  }

  @Test("A key that is made of the caller needs one, though no scope names it (A5, L8)")
  func derivedPrincipal() throws {
    let set = try set(.derive(KeyDerivation([.principal, .pointer(pointer("/a"))]))) { $0.scope = [] }
    #expect(outcome(set, head(), #"{"a":1}"#, nil) == "principal-missing 401")
    let anybody = try self.set(.derive(KeyDerivation([.pointer(pointer("/a"))]))) { $0.scope = [] }
    #expect(outcome(anybody, head(), #"{"a":1}"#, nil).hasPrefix("exchange "))
  }

  @Test("Prefer: wait reaches the exchange, over several field lines (E18)")
  func prefer() throws {
    let set = try set(.header("Idempotency-Key")) { $0.execution.onInProgress = .wait(upTo: .seconds(5)) }
    let head = head(fields: ["idempotency-key": ["k"], "prefer": ["return=minimal", "wait=2"]])
    guard case .guarded(let request) = set.admit(head, principal: { Self.alice }),
      case .exchange(let exchange, _) = request.exchange(body: ByteBuffer(), worker: "w")
    else {
      Issue.record("no exchange")
      return
    }
    #expect(exchange.engine.terms.waitUpTo == 2_000)
  }
}
