import Idempotency
import IdempotencyTesting
import Testing
@testable import Harness

extension Fault {
  /// Clients go away.
  static let clients: [Fault] = [
    Fault(
      name: "client gone at a random byte", rules: "X9, I1", choices: [.hold, .executeAgain],
      strike: { run in
        try await run.insist("clients that go away") {
          let orders = try await inParallel(0..<20) { try await run.goAway(whole: $0 % 2 == 0) }
          // They come back.
          _ = try await inParallel(orders) { await run.customer.persist($0.order) }
          let performers = Set(run.ledger.effects.map(\.nonce))
          let heard = orders.count { performers.contains($0.nonce) }
          return heard > 0 && heard < orders.count
        }
        run.recorder.met("client gone")
      })
  ]
}

extension Run {
  /// Sends a request, all of it or up to some byte, and closes the connection.
  fileprivate func goAway(whole: Bool) async throws -> (order: Order, nonce: String) {
    let order = Order()
    let nonce = recorder.nonce(for: order)
    let bytes = order.call(nonce: nonce).bytes()
    let invoked = Instant.now
    let connection = try await RawConnection.open(to: fleet.workers[Int.random(in: 0..<fleet.workers.count)])
    try await connection.send(Array(bytes.prefix(whole ? bytes.count : Int.random(in: 1..<bytes.count))))
    // Some wait for the first bytes of an answer.
    if whole, Bool.random() { await connection.received(atLeast: Int.random(in: 1...100)) }
    await connection.close()
    recorder.write(
      History.Call(
        nonce: nonce, key: order.key, fingerprint: order.text, invoked: invoked, returned: Instant.now, answer: nil))
    return (order, nonce)
  }
}
