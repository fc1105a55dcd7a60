import HiredisNIO
import IdempotencyTesting
import Testing
@testable import Harness

@Suite("Bad input: one request in is at most one request at the origin", .timeLimit(.minutes(10)))
struct BadInputTests {
  static let tables: [(String, [BadInput])] = [
    ("framing", BadInput.framing), ("chunks", BadInput.chunks), ("fields", BadInput.fields), ("lines", BadInput.lines),
    ("halves", BadInput.halves),
  ]
  static let timeouts = ["--client-timeouts-header", "400ms", "--client-timeouts-body", "400ms"]

  @Test("each is refused, broken off, or served as the one request that it is", arguments: tables.map(\.0))
  func table(name: String) async throws {
    let table = try #require(Self.tables.first { $0.0 == name }?.1)
    #expect(Set(table.map(\.name)).count == table.count)
    try await ProxyWorker.run(flags: name == "halves" ? Self.timeouts : []) { worker in
      for input in table { try await run(input, worker) }
    }
  }

  /// Sends it alone, and then a clean request, behind which nothing of it can still be on its way.
  func run(_ input: BadInput, _ worker: ProxyWorker) async throws {
    let name = Comment(rawValue: input.name)
    let before = try worker.origin.audit()
    let bytesBefore = worker.origin.bytesReceived
    let wire = try await worker.open()
    await wire.offer(input.bytes)
    switch input.ending {
    case .waits: break
    case .ends: try? await wire.endSending()
    case .resets: await wire.reset()
    }
    switch input.outcome {
    case .served:
      let answer = try await wire.answer()
      #expect(answer.status == 200, name)
    case .answered(let status):
      let answer = try await wire.answer()
      #expect(answer.status == status, name)
    case .refused(let statuses):
      await wire.ended()
      let answer = try? await wire.answer()
      #expect(statuses.contains(answer?.status ?? 0), "\(input.name): \(wire.text.prefix(200))")
      #expect(answer?["Connection"] == "close", name)
      #expect(wire.end == .closed, name)
    case .brokenOff(let statuses):
      await wire.ended()
      if let answer = try? await wire.answer() { #expect(statuses.contains(answer.status), name) }
    }
    await wire.close()
    if case .served = input.outcome {} else { #expect(!wire.text.contains(" 200 "), name) }
    try await worker.connection { probe in
      try await probe.send(.request("GET", "/probe"))
      #expect(try await probe.answer().status == 200, name)
    }
    if case .refused = input.outcome { try expectNothing(of: input, since: bytesBefore, worker) }
    let after: (requests: [WireRequest], halves: [ArraySlice<UInt8>])
    do {
      after = try worker.origin.audit()
    } catch {
      Issue.record("\(input.name) made the origin's bytes unclean: \(error)")
      throw error
    }
    let count = after.requests.count - before.requests.count - 1
    if case .served = input.outcome { #expect(count == 1, name) } else { #expect(count == 0, name) }
    #expect(!after.requests.contains { $0.target.contains("SMUGGLED") }, name)
    if case .brokenOff = input.outcome {} else { #expect(after.halves.count == before.halves.count, name) }
  }

  /// Expects that only the probe has come.
  func expectNothing(of input: BadInput, since before: Int, _ worker: ProxyWorker) throws {
    let probe = try #require(try worker.origin.requests.last)
    #expect(probe.target == "/probe")
    let length =
      "GET /probe HTTP/1.1\r\n\r\n".utf8.count
      + probe.fields.reduce(0) { $0 + $1.name.utf8.count + $1.bytes.count + 4 }
    #expect(worker.origin.bytesReceived == before + length, "\(input.name)")
  }

  @Test("no record is made for a request that was never complete, or never clean")
  func noRecord() async throws {
    let redis = try await RedisServer.start()
    do {
      var options = ProxyWorker.Options(flags: Self.timeouts)
      options.redisPort = redis.port
      try await ProxyWorker.run(try await RawOrigin.start(), options) { worker in
        // Halves last: what an unguarded one leaves at the origin may come there late.
        for input in BadInput.chunks + BadInput.framing + BadInput.halves {
          if case .served = input.outcome { continue }
          try await run(input, worker)
        }
        // What the worker says about its keyspaces, and nothing else.
        guard case .array(let keys) = try await redis.command("KEYS", "*") else {
          Issue.record("no list of keys")
          return
        }
        #expect(keys.count == 1, "\(keys)")
        let answer = try await worker.send(BadInput.post("Content-Length: 2\r\n", "{}"))
        #expect(answer.label == "executed")
        #expect(try await redis.command("DBSIZE") == .integer(2))
      }
      await redis.stop()
    } catch {
      await redis.stop()
      throw error
    }
  }

  // MARK: Spellings

  /// What an ordinary router, decoding, merging, resolving or cutting, may take for `/pay`.
  static let spellings = [
    "/pay/", "/p%61y", "/%70%61%79", "/%50ay/../pay", "//pay", "///pay", "/./pay", "/x/../pay", "/pay/.", "/pay//",
    "/pay/./", "/pay/x/..", "/%2Fpay", "/%2fpay", "/pay%2F", "/pay%2f", "\\pay", "/\\pay", "/pay\\", "/pay%5C",
    "/%5cpay",
    "/%2e/pay", "/.%2fpay", "/x/%2e%2e/pay", "/x/%2E./pay", "/x/..%2Fpay", "/x%2F..%2Fpay", "/pay%00", "/pay%00.json",
    "/pay;x=1", "/pay;", "/;x/pay", "/;/pay", "/pay%3Bx", "/x/..;/pay", "/x/..;y/pay", "/%2570ay", "/%25%37%30ay",
    "/%252Fpay", "/pay#x", "/pay#", "/pay?x", "/pay?", "/pay/?x=/../free", "http://a/pay", "HTTP://a/pay",
    "https://a/pay", "http://other/pay", "http://a//pay", "http://a/./pay", "http://a/p%61y", "http://a/free/../pay",
    "http://a/pay#x", "http://a\\pay", "http://a/pay;x", "http://a/%2570ay", "/free/..%2fpay", "/free/%2e%2e%2fpay",
  ]

  @Test("A1 no spelling of a guarded path slips past its policy", arguments: ["POST", "PATCH"])
  func spellings(method: String) async throws {
    try await ProxyWorker.run { worker in
      var guarded = 0
      for target in Self.spellings {
        let before = try worker.origin.requests.count
        let answer = try await worker.send(
          .request(method, target, fields: ["Idempotency-Key: \"\(freshKey())\""], body: "{}"))
        let count = try worker.origin.requests.count - before
        if answer.label == "executed" {
          guarded += 1
          #expect(answer.status == 200 && count == 1, "\(target)")
        } else {
          #expect(answer.status == 400 && count == 0, "\(target): \(answer.status) \(answer.label ?? "unguarded")")
        }
      }
      #expect(guarded > 8)
    }
  }

  @Test("A1 a guarded path in other clothes without a key is not forwarded either")
  func spellingsWithoutKey() async throws {
    var options = ProxyWorker.Options()
    options.policy = ["key: { required: true }"]
    try await ProxyWorker.run(try await RawOrigin.start(), options) { worker in
      for target in Self.spellings {
        let answer = try await worker.send(.request("POST", target, body: "{}"))
        #expect(answer.status == 400, "\(target)")
      }
      #expect(worker.origin.bytesReceived == 0)
    }
  }
}
