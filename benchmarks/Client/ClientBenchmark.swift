import ArgumentParser
import HiredisNIO
import IdempotencyTesting
import NIOPosix

/// Reserve and complete cycles over the Redis client, beside `redis-benchmark` with the same two commands.
struct ClientBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "The Redis client beside redis-benchmark: reserve + complete cycles, latency, CPU per operation.")

  @Option(help: "Commands in flight; several, separated by commas.")
  var depths = "1,50,256,1024"

  @Option(help: "Commands per measurement; a tenth of it at one in flight.")
  var operations = 300_000

  @Option(help: "Rounds; every figure is the median of as many.")
  var rounds = 3

  @Option(help: "Instead: this many operations at 256 in flight, with the process's memory on the way.")
  var soak: Int?

  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    if let soak {
      try await withSubjects { subjects, server in
        try await Soak(subject: subjects.client, server: server, operations: soak).run(json: json)
      }
    } else {
      let report = try await measure()
      print(try report.output(json: json))
    }
  }

  func measure() async throws -> ClientReport {
    let depths = depths.split(separator: ",").compactMap { Int($0) }
    guard !depths.isEmpty, depths.allSatisfy({ $0 > 0 }), operations > 0, rounds > 0 else {
      throw ValidationError("depths, operations and rounds are positive numbers")
    }
    return try await withSubjects { subjects, server in
      try await ClientReport.measure(
        subjects, server: server, depths: depths, operations: operations, rounds: rounds)
    }
  }

  private func withSubjects<Result>(
    _ body: (Subjects, RedisServer) async throws -> Result
  ) async throws -> Result {
    let server = try await RedisServer.start()
    do {
      let subjects = try await Subjects(server: server)
      let result = try await body(subjects, server)
      try await subjects.shutDown()
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }
}
