import IdempotencyTesting

/// Very many operations in one process, to see whether its memory stays flat.
struct Soak {
  let subject: ClientSubject
  let server: RedisServer
  let operations: Int

  private struct Report: Codable {
    let operations: Int
    /// Resident memory of this process after each tenth, in KiB.
    let residentKiB: [Int]
  }

  func run(json: Bool) async throws {
    var resident: [Int] = []
    for tenth in 1...10 {
      _ = try await subject.run(operations: max(operations / 10, 2), depth: 256)
      resident.append(ProcessUsage.residentBytes / 1_024)
      if !json { print("\(operations / 10 * tenth) operations: \(resident.last ?? 0) KiB resident") }
    }
    guard json else { return }
    print(try Figures.json(Report(operations: operations, residentKiB: resident)))
  }
}
