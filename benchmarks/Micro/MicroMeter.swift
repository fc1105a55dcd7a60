/// Measures cases: of each the median of several batches.
struct MicroMeter {
  /// The shortest batch, in nanoseconds.
  let batch: Double
  /// How many batches; odd, so that the median is one of them.
  let rounds: Int
  private let instructions = InstructionCounter()

  /// Batches of 3 ms, ten thousand times as long as reading the clock takes; seven of them outvote three bad ones.
  static var quick: MicroMeter { MicroMeter(batch: 3e6, rounds: 7) }
  /// Batches of 10 ms, longer than most interruptions; 21 of them still make it a matter of seconds.
  static var thorough: MicroMeter { MicroMeter(batch: 1e7, rounds: 21) }

  private init(batch: Double, rounds: Int) {
    self.batch = batch
    self.rounds = rounds
  }

  /// How the figures come about.
  var method: String {
    "one thread; time is this thread's on a processor, the median of \(rounds) batches of at least "
      + "\(Int(batch / 1e6)) ms each, for which the cases took turns after a warm-up; allocations and instructions "
      + "come from one batch each; a call's overhead of a few nanoseconds is included"
  }

  /// Measures cases.
  ///
  /// They take turns, so that a slow second of the machine falls into one batch of each and not into all of one. Time,
  /// allocations and instructions come from batches of their own, so that no counting is itself measured.
  func measure(_ cases: [MicroCase]) throws -> [MicroReport.Row] {
    var prepared = try cases.map { one in
      let operation = try one.prepare()
      return Prepared(name: one.name, operation: operation, count: try warmUp(operation))
    }
    for _ in 0..<rounds {
      for index in prepared.indices {
        prepared[index].times.append(try time(prepared[index].operation, prepared[index].count))
      }
    }
    return try prepared.map(row)
  }

  /// A case that is ready.
  private struct Prepared {
    let name: String
    let operation: () throws -> Void
    /// The operations of a batch.
    let count: Int
    /// The batches' nanoseconds.
    var times: [Double] = []
  }

  private func row(_ one: Prepared) throws -> MicroReport.Row {
    let count = Double(one.count)
    let allocations = try AllocationCounter.count { try Self.repeating(one.operation, one.count) }
    let instructions = try instructions?.count { try Self.repeating(one.operation, one.count) }
    return MicroReport.Row(
      name: one.name, nanosecondsPerOperation: one.times.sorted()[rounds / 2] / count,
      allocationsPerOperation: allocations.map { Double($0) / count },
      instructionsPerOperation: instructions.map { Double($0) / count })
  }

  /// Runs ever longer batches.
  ///
  /// - Returns: How many operations make one that is long enough.
  private func warmUp(_ operation: () throws -> Void) throws -> Int {
    var count = 1
    // Once code and data are warm a batch is faster: a fourth more than asked for leaves room.
    while try time(operation, count) < 1.25 * batch { count *= 2 }
    return count
  }

  private func time(_ operation: () throws -> Void, _ count: Int) throws -> Double {
    let begin = ThreadClock.nanoseconds
    try Self.repeating(operation, count)
    return ThreadClock.nanoseconds - begin
  }

  /// The one loop of all measurements; not inlined, so that it is the same in each.
  @inline(never)
  private static func repeating(_ operation: () throws -> Void, _ count: Int) throws {
    for _ in 0..<count { try operation() }
  }
}
