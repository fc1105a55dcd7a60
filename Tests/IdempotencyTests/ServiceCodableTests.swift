import Foundation
import NIOCore
import Testing

@testable import Idempotency

@Suite("perform with a Codable result", .timeLimit(.minutes(1)))
struct ServiceCodableTests {
  struct Receipt: Codable, Equatable, Sendable { var amount: Double }

  /// Encodes what it does not decode.
  struct OneWay: Codable, Sendable {
    struct Refusal: Error {}
    init() {}
    init(from decoder: any Decoder) throws { throw Refusal() }
    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode("paid")
    }
  }

  @Test("The first caller's value and a replay's are the same (E3)")
  func value() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      for amount in [1.5, 9] {
        let receipt = try await service.perform(key: ServiceBench.key, fingerprint: ServiceBench.fingerprint) { _ in
          Receipt(amount: amount)
        }
        #expect(receipt == Receipt(amount: 1.5))
      }
    }
  }

  @Test(
    "A result that cannot be encoded: the operation is done and never runs again, whatever its errors mean",
    arguments: UnknownOutcome.allCases)
  func notEncodable(choice: UnknownOutcome) async throws {
    let (clock, runs) = (ServiceClock(), ServiceCounter())
    try await ServiceBench.run(ServiceStore(clock: clock)) { service, _ in
      let run: @Sendable (Double) async throws -> Receipt = { amount in
        try await service.perform(
          key: ServiceBench.key, fingerprint: ServiceBench.fingerprint, policy: ServiceBench.policy(choice),
          thrown: { _ in .noEffect }
        ) { _ in
          runs.add()
          return Receipt(amount: amount)
        }
      }
      let error = await #expect(throws: OperationResultError.self) { try await run(.infinity) }
      guard case .notEncodable(let type, let underlying)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(type == "Receipt")
      #expect(underlying is EncodingError)
      #expect(error?.description.hasPrefix("the operation is done") == true)
      // Under execute-again a retry would take over as soon as the lease is over, if the outcome were unknown.
      clock.advance(by: 60_000)
      await #expect(throws: OperationError.resultNotRetained) { try await run(1) }
      #expect(runs.count == 1)
    }
  }

  @Test("A result that cannot be decoded: first caller and replays are told that it is done, and get its bytes")
  func notDecodable() async throws {
    let runs = ServiceCounter()
    try await ServiceBench.run(ServiceStore()) { service, _ in
      for isReplayed in [false, true] {
        let error = await #expect(throws: OperationResultError.self) {
          try await service.perform(key: ServiceBench.key, fingerprint: ServiceBench.fingerprint) { _ in
            runs.add()
            return OneWay()
          }
        }
        guard case .notDecodable(let result, let type, let underlying)? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        #expect(String(buffer: result.value) == "\"paid\"")
        #expect(result.isReplayed == isReplayed)
        #expect(type == "OneWay")
        #expect(underlying is OneWay.Refusal)
      }
      // The bytes are still there for a caller that asks for the right type.
      let text = try await service.perform(key: ServiceBench.key, fingerprint: ServiceBench.fingerprint) { _ in "" }
      #expect(text == "paid")
      #expect(runs.count == 1)
    }
  }

  @Test("A replay that was stored as another type is told so, not that nothing is known")
  func anotherType() async throws {
    try await ServiceBench.run(ServiceStore()) { service, _ in
      _ = try await service.perform(key: ServiceBench.key, fingerprint: ServiceBench.fingerprint) { _ in [1, 2] }
      let error = await #expect(throws: OperationResultError.self) {
        try await service.perform(key: ServiceBench.key, fingerprint: ServiceBench.fingerprint) { _ in
          Receipt(amount: 1)
        }
      }
      guard case .notDecodable(let result, _, _)? = error else { return }
      #expect(result.isReplayed)
    }
  }

  @Test("After an own execution a record that cannot be read is an unknown outcome (X14)")
  func unreadableAfterExecution() async throws {
    let store = ServiceStore()
    try await ServiceBench.run(store) { service, _ in
      let failure = await service.failure { _ in
        // Somebody else's answer stands there, and its line of JSON is damaged.
        let head = RecordHead(
          state: .completed, token: .random(), fingerprint: ServiceBench.fingerprint, leaseDeadline: 0, attempt: 2,
          unknownOutcome: .hold)
        var bytes = ByteBuffer()
        head.write(into: &bytes)
        bytes.writeString("no JSON")
        try store.inner.plant(bytes, under: ServiceBench.key, ttl: 60_000)
        return "mine"
      }
      #expect(failure == .outcomeUnknown)
    }
  }
}
