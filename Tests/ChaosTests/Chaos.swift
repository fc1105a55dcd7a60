import Testing
@testable import Harness

/// Faults against real workers, a real Redis and real clients.
@Suite("Chaos")
enum Chaos {
  /// How many fleets live at once: two or three keep two cores busy while they wait, more would starve one another.
  private static let slots = Watched(3)
  /// How many more that wait for a Redis that is away or settles, most of their time.
  private static let waitingSlots = Watched(4)

  /// Runs `body` when there is room for another fleet.
  static func withSlot(waiting: Bool = false, _ body: () async throws -> Void) async throws {
    let slots = waiting ? waitingSlots : slots
    while true {
      await slots.wait { $0 > 0 }
      try Task.checkCancellation()
      let isTaken = slots.update { free in
        defer { if free > 0 { free -= 1 } }
        return free > 0
      }
      if isTaken { break }
    }
    defer { slots.update { $0 += 1 } }
    if waiting { return try await body() }
    try await Slots.withSlot(body)
  }
}
