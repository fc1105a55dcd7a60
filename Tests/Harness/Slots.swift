/// Bounds how many clusters live at once: tests run all in parallel, and each has sockets, tasks and time-outs.
enum Slots {
  /// Six: enough to keep two cores busy while tests wait for their servers, few enough that none starves.
  ///
  /// Waiting for a slot counts in a test's time limit: the limits are longer than a whole run.
  private static let free = Watched(6)

  static func withSlot<Result>(_ body: () async throws -> Result) async throws -> Result {
    while true {
      await free.wait { $0 > 0 }
      try Task.checkCancellation()
      let taken = free.update { free in
        defer { if free > 0 { free -= 1 } }
        return free > 0
      }
      if taken { break }
    }
    defer { free.update { $0 += 1 } }
    return try await body()
  }
}
