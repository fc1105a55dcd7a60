import IdempotencyTesting
import Testing
@testable import Harness

/// What a worker holds for guarded requests is bounded, counted, and given back (rule W9).
@Suite("W9 worker: what is held", .serialized, .timeLimit(.minutes(10)))
struct ProxyHeldBytesTests {
  private static let kibibyte = 1 << 10
  private static let mebibyte = 1 << 20

  /// An origin that answers a request whose body begins with `hold` only when its gate is open.
  ///
  /// Its answer is as long as the number behind `hold` says, in KiB.
  private static func holding(_ gate: Gate) -> RawOrigin.Script {
    { wire, _ in
      while let request = try await wire.request() {
        guard request.text.hasPrefix("hold") else {
          try await wire.send(.answer(201, "done"))
          continue
        }
        await gate.pass()
        let size = Int(request.text.dropFirst(4).prefix { $0.isNumber }) ?? 0
        try await wire.send(.answer(201, String(repeating: "a", count: max(size * kibibyte, 4))))
      }
    }
  }

  private static func waits(_ more: [String] = [], flags: [String] = []) -> ProxyWorker.Options {
    ProxyWorker.Options(flags: flags, policy: ["onInProgress: wait", "waitUpTo: 60s"] + more, hasAdmin: true)
  }

  /// A body of so many bytes.
  private static func body(_ count: Int, _ start: String = "hold") -> String {
    start + String(repeating: ".", count: count - start.utf8.count)
  }

  private static func held(_ worker: ProxyWorker, is count: Int) async throws {
    do {
      _ = try await eventually(within: .seconds(20)) {
        try await worker.metric("idempotency_held_bytes") == count ? true : nil
      }
    } catch {
      Issue.record("\(try await worker.metric("idempotency_held_bytes")) bytes are held and not \(count)")
      throw error
    }
  }

  private static func running(_ worker: ProxyWorker, is count: Int) async throws {
    try await holds("\(count) exchanges run") { try await worker.metric("idempotency_exchanges_running") == count }
  }

  /// Has so many clients wait for the operation under a key.
  private static func wait(
    _ count: Int, for request: String, at worker: ProxyWorker
  ) async throws -> [Wire] {
    try await inParallel(0..<count) { _ in
      let wire = try await worker.open()
      try await wire.send(request)
      return wire
    }
  }

  @Test(
    "W9 waiters whose clients leave end with them: nothing is held while the first still runs, and it completes",
    arguments: ["close", "reset", "close behind a pipelined request"])
  func waitersLeave(how: String) async throws {
    let gate = Gate()
    try await ProxyWorker.run(try await RawOrigin.start(Self.holding(gate)), Self.waits()) { worker in
      let size = 48 * Self.kibibyte
      let request = String.guarded("k", body: Self.body(size))
      try await worker.connection { first in
        try await first.send(request)
        await gate.reached()
        let waiters = try await Self.wait(40, for: request, at: worker)
        try await Self.held(worker, is: 40 * size)
        try await Self.running(worker, is: 41)
        if how == "close behind a pipelined request" {
          for wire in waiters { try await wire.send(.request()) }
        }
        for wire in waiters { if how == "reset" { await wire.reset() } else { await wire.close() } }
        try await Self.held(worker, is: 0)
        try await Self.running(worker, is: 1)
        #expect(first.received.isEmpty)
        gate.open()
        let answer = try await first.answer()
        #expect(answer.status == 201 && answer.label == "executed", "\(answer.text)")
        let replay = try await worker.send(request)
        #expect(replay.label == "replayed" && replay.body == answer.body)
      }
      try await Self.held(worker, is: 0)
      #expect(try worker.origin.requests.filter { $0.method == "POST" }.count == 1)
      // Each was counted, though nobody read its answer (I14).
      #expect(try await worker.metric("idempotency_guarded_requests_total") == 42)
    }
  }

  @Test("W9 so many wait for one key at a worker, and whoever comes on top gets 409 at once")
  func crowd() async throws {
    let gate = Gate()
    try await ProxyWorker.run(try await RawOrigin.start(Self.holding(gate)), Self.waits()) { worker in
      let request = String.guarded("k", body: Self.body(4))
      try await worker.connection { first in
        try await first.send(request)
        await gate.reached()
        let waiters = try await Self.wait(100, for: request, at: worker)
        try await Self.running(worker, is: 101)
        let answer = try await worker.send(request)
        #expect(answer.status == 409 && answer.label == "in-progress" && answer["Retry-After"] == "1", "\(answer)")
        // Where one has left there is room for another.
        await waiters[0].close()
        try await Self.running(worker, is: 100)
        let another = try await Self.wait(1, for: request, at: worker)
        try await Self.running(worker, is: 101)
        gate.open()
        let done = try await first.answer()
        for wire in waiters.dropFirst() + another {
          let replay = try await wire.answer()
          #expect(replay.label == "replayed" && replay.body == done.body)
          await wire.close()
        }
      }
      try await Self.held(worker, is: 0)
    }
  }

  @Test("W9 beyond limits.heldBytes guarded requests get 503, and nothing runs; others pass, and what runs is stored")
  func exhausted() async throws {
    let gate = Gate()
    let options = Self.waits(flags: ["--limits-held-bytes", "1MiB"])
    try await ProxyWorker.run(try await RawOrigin.start(Self.holding(gate)), options) { worker in
      #expect(try await worker.metric("idempotency_held_bytes_limit") == Self.mebibyte)
      let request = String.guarded("k", body: Self.body(32 * Self.kibibyte))
      let other = String.guarded("other", body: "new")
      try await worker.connection { first in
        try await first.send(request)
        await gate.reached()
        let waiters = try await Self.wait(31, for: request, at: worker)
        try await Self.held(worker, is: 31 * 32 * Self.kibibyte)
        // There is room, and not for this one; it is told so when it has sent what does not fit, and its connection lives.
        try await worker.connection { wire in
          try await wire.send(.guarded("large", body: Self.body(100 * Self.kibibyte, "large")))
          try Self.expectRefused(try await wire.answer())
          try await wire.send(.request())
          #expect(try await wire.answer().status == 201)
          try await wire.send(.guarded("small", body: "small"))
          #expect(try await wire.answer().label == "executed")
        }
        let last = try await Self.wait(1, for: request, at: worker)
        try await Self.held(worker, is: Self.mebibyte)
        try await worker.connection { wire in
          try await wire.send(other)
          try Self.expectRefused(try await wire.answer())
          try await wire.send(.request())
          #expect(try await wire.answer().status == 201)
        }
        let expecting = try await worker.send(
          .request("POST", "/pay", fields: ["Idempotency-Key: e", "Expect: 100-continue", "Content-Length: 4"]))
        try Self.expectRefused(expecting)
        #expect(expecting.interim.isEmpty)
        #expect(try worker.origin.requests.filter { $0.target == "/pay" }.map(\.text.count) == [32 * Self.kibibyte, 5])
        #expect(try await worker.metric("idempotency_held_bytes_refusals_total") == 3)
        for wire in waiters + last { await wire.close() }
        try await Self.held(worker, is: 0)
        #expect(try await worker.send(other).label == "executed")
        gate.open()
        let answer = try await first.answer()
        #expect(answer.label == "executed")
        let replay = try await worker.send(request)
        #expect(replay.label == "replayed" && replay.body == answer.body)
      }
      try await Self.held(worker, is: 0)
    }
  }

  @Test(
    "W9 one caller keeps no others out: its bodies take three quarters of limits.heldBytes, and are not taken for ever")
  func oneCaller() async throws {
    let flags = ["--limits-held-bytes", "1MiB", "--client-timeouts-body", "1s"]
    let options = ProxyWorker.Options(flags: flags, hasAdmin: true)
    try await ProxyWorker.run(try await RawOrigin.start(Self.holding(Gate())), options) { worker in
      let size = 32 * Self.kibibyte
      @Sendable func slow(_ number: Int) -> String {
        String(
          String.guarded("slow\(number)", fields: ["X-Api-Key: alice"], body: Self.body(size, "a")).dropLast(1_000))
      }
      // They never pause for long enough to be told so.
      let wires = try await inParallel(0..<30) { number in
        let wire = try await worker.open()
        try await wire.send(slow(number))
        return wire
      }
      try await Self.held(worker, isAtLeast: Self.mebibyte * 3 / 4)
      try Self.expectRefused(try await worker.send(.guarded("more", fields: ["X-Api-Key: alice"], body: slow(0))))
      #expect(try await worker.send(.guarded("other", fields: ["X-Api-Key: bob"], body: "b")).label == "executed")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for wire in wires {
          group.addTask {
            while !Task.isCancelled {
              try? await wire.send("a")
              try? await Task.sleep(for: .milliseconds(100))
            }
          }
        }
        try await holds("a body that takes too long is refused") {
          wires.contains { String(decoding: $0.received, as: UTF8.self).contains("HTTP/1.1 408") }
        }
        group.cancelAll()
      }
      for wire in wires { await wire.close() }
      try await Self.held(worker, is: 0)
      #expect(try worker.origin.requests.map(\.text) == ["b"])
    }
  }

  private static func held(_ worker: ProxyWorker, isAtLeast count: Int) async throws {
    try await holds("\(count) bytes are held") { try await worker.metric("idempotency_held_bytes") >= count }
  }

  private static func expectRefused(_ answer: WireAnswer, _ location: SourceLocation = #_sourceLocation) throws {
    #expect(answer.status == 503 && answer.label == "failed", "\(answer)", sourceLocation: location)
    #expect(answer["Retry-After"] == "1", sourceLocation: location)
    #expect(answer.text.contains("/.well-known/idempotency#not-ready"), "\(answer.text)", sourceLocation: location)
  }

  @Test("W9 what runs is never cut off: an answer that exceeds the budget is delivered, stored and replayed whole")
  func answerExceeds() async throws {
    let gate = Gate()
    let options = Self.waits(flags: ["--limits-held-bytes", "1MiB"])
    try await ProxyWorker.run(try await RawOrigin.start(Self.holding(gate)), options) { worker in
      let size = 900 * Self.kibibyte
      let large = String.guarded("large", body: "hold900")
      let request = String.guarded("k", body: Self.body(32 * Self.kibibyte))
      try await worker.connection { wire in
        try await wire.send(large)
        await gate.reached()
        let fillers = try await worker.open()
        try await fillers.send(request)
        await gate.reached(by: 2)
        let waiters = try await Self.wait(32, for: request, at: worker)
        try await Self.held(worker, is: Self.mebibyte)
        gate.open()
        let answer = try await wire.answer()
        #expect(answer.label == "executed" && answer.body.count == size, "\(answer.status) \(answer.body.count)")
        for waiter in waiters {
          #expect(try await waiter.answer().label == "replayed")
          await waiter.close()
        }
        await fillers.close()
        try await Self.held(worker, is: 0)
        let replay = try await worker.send(large)
        #expect(replay.label == "replayed" && replay.body == answer.body)
      }
    }
  }

  @Test("W9 a body that the origin does not take yet is held, and is not any more when it has it")
  func slowOrigin() async throws {
    let (gate, read) = (Gate(), Gate())
    let size = 24 * Self.mebibyte
    let options = ProxyWorker.Options(policy: ["limits: { requestBody: 32MiB }"], hasAdmin: true)
    let origin = try await RawOrigin.start { wire, _ in
      try await wire.stopReading()
      await read.pass()
      try await wire.readOn()
      await wire.until(count: size)
      await gate.pass()
      try await wire.send(.answer(201, "done"))
    }
    try await ProxyWorker.run(origin, options) { worker in
      try await worker.connection { wire in
        try await wire.send(.guarded("k", body: Self.body(size)))
        try await Self.held(worker, is: size)
        await read.reached()
        read.open()
        await gate.reached()
        try await Self.held(worker, is: 0)
        #expect(try await worker.metric("idempotency_exchanges_running") == 1)
        gate.open()
        #expect(try await wire.answer().label == "executed")
      }
    }
  }

  @Test("W9 an answer that waits for a store that is away is held until it is stored")
  func pending() async throws {
    let gate = Gate()
    var durable = RedisServer.Options()
    durable.appendOnly = true
    let redis = try await RedisServer.start(durable)
    let options = ProxyWorker.Options(redisPort: redis.port, hasAdmin: true)
    do {
      try await ProxyWorker.run(try await RawOrigin.start(Self.holding(gate)), options) { worker in
        let request = String.guarded("k", body: "hold2")
        try await worker.connection { wire in
          try await wire.send(request)
          await gate.reached()
          await redis.kill()
          gate.open()
          let answer = try await wire.answer()
          #expect(answer["Idempotency-Stored"] == "pending" && answer.body.count == 2 * Self.kibibyte)
          try await Self.held(worker, is: 2 * Self.kibibyte)
          #expect(try await worker.metric("idempotency_pending_bytes") == 2 * Self.kibibyte)
          try await redis.restart()
          try await Self.held(worker, is: 0)
          let replay = try await eventually(within: .seconds(20)) {
            let reply = try await worker.send(request)
            return reply.label == "replayed" ? reply : nil
          }
          #expect(replay.body == answer.body)
        }
      }
      await redis.stop()
    } catch {
      await redis.stop()
      throw error
    }
  }

  @Test("W9 nothing is held any more behind a burst of answers, waits, clients that leave, refusals and broken origins")
  func burst() async throws {
    let gate = Gate()
    let options = Self.waits(["limits: { requestBody: 200KiB, responseBody: 64KiB }"])
    let origin = try await RawOrigin.start { wire, _ in
      while let request = try await wire.request() {
        switch request.text.prefix(4) {
        case "hold": await gate.pass()
        case "rese": return await wire.reset()
        case "half":
          try await wire.send(
            "HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + String(repeating: "h", count: 40_000))
          return
        case "long":
          try await wire.send(.chunked((0..<10).map { _ in String(repeating: "l", count: 20_000) }))
          continue
        case "refu":
          try await wire.send(.answer(429, String(repeating: "r", count: 30_000)))
          continue
        default: break
        }
        try await wire.send(.answer(200, String(repeating: "a", count: 20_000)))
      }
    }
    try await ProxyWorker.run(origin, options) { worker in
      let holding = String.guarded("held", body: Self.body(20_000))
      try await worker.connection { first in
        try await first.send(holding)
        await gate.reached()
        _ = try await inParallel(0..<90) { index in
          let wire = try await worker.open()
          switch index % 9 {
          case 0: try await Self.ask(wire, .guarded(body: Self.body(150_000, "good")))
          case 1: try await Self.ask(wire, .guarded(body: Self.body(70_000, "reset")))
          case 2: try await Self.ask(wire, .guarded(body: Self.body(10_000, "half")))
          case 3: try await Self.ask(wire, .guarded(body: Self.body(10_000, "long")))
          case 4: try await Self.ask(wire, .guarded(body: Self.body(10_000, "refused")))
          // Too large, in chunks: known only when it has come.
          case 5:
            let chunk = "fde8\r\n" + String(repeating: "c", count: 65_000) + "\r\n"
            let head = String.request(
              "POST", "/pay", fields: ["Idempotency-Key: \(freshKey())", "Transfer-Encoding: chunked"])
            try await Self.ask(wire, head + chunk + chunk + chunk + chunk + "0\r\n\r\n")
          // Half a body, and gone.
          case 6: try await wire.send(String(String.guarded(body: Self.body(100_000, "good")).dropLast(10_000)))
          // Waits, and is gone.
          case 7: try await wire.send(holding)
          // Gone with its answer on the way.
          default: try await wire.send(.guarded(body: Self.body(100_000, "long")))
          }
          if index.isMultiple(of: 2) { await wire.reset() } else { await wire.close() }
        }
        try await Self.running(worker, is: 1)
        try await Self.held(worker, is: 0)
        gate.open()
        #expect(try await first.answer().label == "executed")
      }
      try await Self.running(worker, is: 0)
      try await Self.held(worker, is: 0)
    }
  }

  private static func ask(_ wire: Wire, _ request: String) async throws {
    try await wire.send(request)
    let answer = try await wire.answer()
    #expect(answer.label != nil, "\(answer)")
  }
}
