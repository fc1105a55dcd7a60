import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Idempotency
import NIOCore
import Testing

@testable import WalletExample

/// The application that `wallet-example` runs, over records in memory.
@Suite struct WalletTests {
  private static let key = "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33"
  private static let order = #"{"asset":"USDC","network":"ethereum","amount":"100.00","destination":"0xabc"}"#

  @Test("K12, E3, E4: a transfer runs once; a retry on another node gets the same bytes")
  func replay() async throws {
    try await withNodes(2) { nodes in
      let first = try await nodes[0].transfer(key: Self.key, Self.order)
      #expect(first.status == .created)
      #expect(first.headers[.replayed] == nil)
      let location = try #require(first.headers[.location])
      #expect(location.hasPrefix("/wallets/w1/transfers/"))

      let retry = try await nodes[1].transfer(key: Self.key.uppercased(), Self.order)
      #expect(retry.status == .created)
      #expect(retry.headers[.replayed] == "true")
      #expect(retry.headers[.location] == location)
      #expect(retry.body == first.body)

      let movement = try await nodes[1].get(location, as: Movement.self)
      #expect(movement.node == "node-1")
      #expect(movement.amount == "100.00")
      #expect(try await nodes[1].ledger(key: Self.key) == ["effects": 1])
    }
  }

  @Test("E1: a hundred duplicates over three nodes have one effect")
  func duplicates() async throws {
    try await withNodes(3, delay: .milliseconds(50)) { nodes in
      let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
        for index in 0..<100 {
          group.addTask { try await nodes[index % 3].transfer(key: Self.key, Self.order).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(statuses.allSatisfy { $0 == .created || $0 == .conflict })
      #expect(statuses.contains(.created))
      #expect(try await nodes[0].ledger(key: Self.key) == ["effects": 1])
    }
  }

  @Test("F1: the key with another body is refused")
  func mismatch() async throws {
    try await withNodes(1) { nodes in
      _ = try await nodes[0].transfer(key: Self.key, Self.order)
      let other = Self.order.replacing("100.00", with: "200.00")
      let answer = try await nodes[0].transfer(key: Self.key, other)
      #expect(answer.status == .unprocessableContent)
      #expect(answer.headers[.contentType] == "application/problem+json")
      #expect(try await nodes[0].ledger() == ["effects": 1, "transfer": 1])
    }
  }

  @Test("K12, A5: a key that is no UUID v4 gets 400, a caller without a name 401; nothing runs")
  func refusals() async throws {
    try await withNodes(1) { nodes in
      let malformed = try await nodes[0].transfer(key: "order-4711", Self.order)
      #expect(malformed.status == .badRequest)
      let unidentified = try await nodes[0].transfer(key: Self.key, Self.order, apiKey: nil)
      #expect(unidentified.status == .unauthorized)
      #expect(try await nodes[0].ledger() == ["effects": 0])
    }
  }

  @Test("A3: without a key every transfer runs")
  func keyless() async throws {
    try await withNodes(1) { nodes in
      for _ in 0..<2 {
        let answer = try await nodes[0].transfer(key: nil, Self.order)
        #expect(answer.status == .created)
      }
      #expect(try await nodes[0].ledger() == ["effects": 2, "transfer": 2])
    }
  }

  @Test("B6: a payment takes no key and runs every time")
  func payments() async throws {
    try await withNodes(1) { nodes in
      for _ in 0..<2 {
        let answer = try await nodes[0].post("/payments", key: Self.key, Self.order)
        #expect(answer.status == .created)
        #expect(answer.headers[.status] == "ignored")
      }
      #expect(try await nodes[0].ledger(key: Self.key) == ["effects": 2])
    }
  }

  @Test(
    "B4: a failure is stored and replayed like a success",
    arguments: ["{}", "no JSON", order.replacing("100.00", with: "0.00"), order.replacing("100.00", with: "1e3")])
  func failure(body: String) async throws {
    try await withNodes(1) { nodes in
      for replayed in [nil, "true"] {
        let answer = try await nodes[0].transfer(key: Self.key, body)
        #expect(answer.status == .badRequest)
        #expect(answer.headers[.replayed] == replayed)
        #expect(String(buffer: answer.body).hasPrefix(#"{"error":{"message":""#))
      }
      #expect(try await nodes[0].ledger() == ["effects": 0])
    }
  }

  @Test("The ledger survives its node")
  func restart() async throws {
    let ledger = try TemporaryLedger()
    for run in 1...2 {
      try await withNodes(1, ledger: ledger) { nodes in
        _ = try await nodes[0].post("/payments", key: nil, Self.order)
        #expect(try await nodes[0].ledger() == ["effects": run, "payment": run])
      }
    }
  }

  @Test("A demonstration's delay is bounded")
  func delay() async throws {
    try await withNodes(1) { nodes in
      for delay in ["61s", "soon", "-1s", ""] {
        let answer = try await nodes[0].post("/payments", key: nil, Self.order, delay: delay)
        #expect(answer.status == .badRequest)
      }
      let answer = try await nodes[0].post("/payments", key: nil, Self.order, delay: "1ms")
      #expect(answer.status == .created)
    }
  }

  @Test("A node that runs is healthy")
  func health() async throws {
    try await withNodes(1) { nodes in
      let health = try await nodes[0].get("/health", as: [String: String].self)
      #expect(health == ["status": "ready", "node": "node-1"])
    }
  }
}
