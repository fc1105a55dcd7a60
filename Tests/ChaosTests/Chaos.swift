import Testing
@testable import Harness

/// Faults against real workers, a real Redis and real clients.
@Suite("Chaos")
enum Chaos {
  /// How many fleets live at once: two or three keep two cores busy while they wait, more would starve one another.
  private static let slots = Watched(3)

  /// Runs `body` when there is room for another fleet.
  static func withSlot(_ body: () async throws -> Void) async throws {
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
    try await Slots.withSlot(body)
  }
}
