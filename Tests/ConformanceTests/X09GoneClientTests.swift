import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

extension X {
  @Suite("X9", .serialized)
  struct X09GoneClientTests {
    @Test(
      "X9 the client goes away while its operation runs: the answer is stored, a retry replays it, one effect")
    func whileRunning() async throws {
      try await withFaults { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let key = freshKey()
        let call = Call(key: key)
        let connection = try await RawConnection.open(to: cluster.nodes[0])
        try await connection.send(call)
        await gate.reached()
        await connection.close()
        // The node has seen the close when it has answered others behind it.
        for _ in 0..<3 { try expect(try await cluster.send(call, to: 0), is: "in-progress") }
        gate.open()
        await cluster.origin.answered()
        let replay = try await cluster.sendUntilDecided(call, to: 1)
        #expect(replay.status == 201 && replay.isReplay, "\(replay.status) \(replay.text)")
        let again = try await cluster.send(call, to: 0)
        #expect(again.isReplay && again.body == replay.body)
        #expect(cluster.origin.calls(key: key).map(\.attempt) == ["1"])
        #expect(try await redis.record(of: key).state == "C")
      }
    }

    @Test("X9 many clients go away at once: every operation is done once, and every answer is found")
    func many() async throws {
      try await withFaults { cluster, redis, _ in
        let gate = Gate()
        cluster.origin.answers(behind: gate)
        let keys = (0..<30).map { _ in freshKey() }
        let connections = try await inParallel(keys.indices) { index in
          let connection = try await RawConnection.open(to: cluster.nodes[index % 2])
          try await connection.send(Call(key: keys[index]))
          return connection
        }
        await gate.reached(by: keys.count)
        for connection in connections { await connection.close() }
        gate.open()
        let replays = try await inParallel(keys.indices) { index in
          try await cluster.sendUntilDecided(Call(key: keys[index]), to: (index + 1) % 2)
        }
        #expect(replays.allSatisfy { $0.status == 201 && $0.isReplay })
        for key in keys { #expect(cluster.origin.calls(key: key).count == 1) }
      }
    }

    @Test("X9 a client that goes away while its reservation is on the way leaves no key locked")
    func whileReserving() async throws {
      try await withFaults(.init(storeTimeout: .seconds(5))) { cluster, redis, proxy in
        _ = try await cluster.send(Call(key: freshKey()), to: 0)
        await proxy.stall(.serverToClient)
        let key = freshKey()
        let call = Call(key: key)
        let connection = try await RawConnection.open(to: cluster.nodes[0])
        try await connection.send(call)
        try await holds("the reservation stands") { try await redis.recordIfAny(of: key) != nil }
        await connection.close()
        await proxy.resume(.serverToClient)
        // Done already, or free again: its lease of 30 s is not waited for.
        let reply = try await eventually(within: .seconds(10)) {
          let reply = try await cluster.send(call, to: 1)
          return reply.problem == nil ? reply : nil
        }
        #expect(reply.status == 201, "\(reply.text)")
        #expect(cluster.origin.calls(key: key).count == 1)
      }
    }

    @Test("X9 a client that goes away in the middle of its own body uses up nothing")
    func halfABody() async throws {
      try await withFaults { cluster, redis, _ in
        let key = freshKey()
        let call = Call(key: key)
        let connection = try await RawConnection.open(to: cluster.nodes[0])
        try await connection.send(Array(call.bytes().dropLast(5)))
        await connection.close()
        let reply = try await cluster.send(call, to: 0)
        #expect(reply.status == 201 && reply.label == "executed", "\(reply.text)")
        #expect(cluster.origin.calls(key: key).map(\.text) == [String(decoding: call.body, as: UTF8.self)])
      }
    }
  }
}
