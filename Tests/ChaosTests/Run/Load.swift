import Idempotency
import IdempotencyTesting
@testable import Harness

/// Clients that keep a fleet busy while a fault strikes.
final class Load: Sendable {
  /// Enough that every worker has requests on its way at any time, few enough that two cores have time for the rest.
  private static let clients = 6
  /// The pause of a client between two orders, in milliseconds: a hundred orders a second in all.
  private static let pauses = 20...70

  private let customer: Customer
  private let isOver = Watched(false)
  private let tasks = Watched<[Task<Void, Never>]>([])

  init(_ customer: Customer) {
    self.customer = customer
  }

  /// Begins.
  func begin() {
    for _ in 0..<Self.clients {
      let task = Task {
        while !isOver.value, !Task.isCancelled {
          await one()
          try? await Task.sleep(for: .milliseconds(Int.random(in: Self.pauses)))
        }
      }
      tasks.update { $0.append(task) }
    }
  }

  /// No client begins another order; returns when all have come to the end of theirs.
  func end() async {
    isOver.update { $0 = true }
    for task in tasks.value {
      await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }
    }
  }

  /// One order of a client.
  private func one() async {
    let customer = customer
    let number = Int.random(in: 0..<100)
    // Some keys are refused without an effect at first, so that they are reclaimed.
    let order = Order(key: freshKey() + (number % 10 == 0 ? Ledger.releasedFirst : ""))
    switch number {
    case 0..<20:
      // The same at several workers at once.
      await withTaskGroup(of: Void.self) { group in
        for place in customer.fleet.workers.indices { group.addTask { await customer.persist(order, from: place) } }
      }
    case 20..<35:
      // Asks again, everywhere.
      await customer.persist(order)
      for place in customer.fleet.workers.indices { _ = await customer.ask(order, at: place) }
    case 35..<42:
      // Somebody uses the same key for something else.
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await customer.persist(order) }
        group.addTask { _ = await customer.ask(Order(key: order.key, text: "999.00")) }
      }
    default:
      await customer.persist(order)
    }
  }
}
