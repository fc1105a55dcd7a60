import Foundation
import IdempotencyTesting

/// All turns of a contention run, one after the other.
struct ContentionTurns {
  let settings: ContentionSettings
  let mixes: [ContentionMix]

  func run(worker path: String, directory: URL, redis: RedisServer) async throws -> [ContentionRow] {
    var rows: [ContentionRow] = []
    let isOpen = settings.openLoopShare > 0
    let count = mixes.count * (isOpen ? 3 : 2)
    let http = try await HTTPContention.start(settings, worker: path, directory: directory, redis: redis)
    // Code paged in, connections to Redis and to the origin made.
    _ = try await http.run(.burst)
    for mix in mixes {
      Progress.step(rows.count, of: count, "http, \(mix), closed loop")
      let closed = try await http.run(mix)
      rows.append(closed)
      guard isOpen else { continue }
      Progress.step(rows.count, of: count, "http, \(mix), open loop")
      rows.append(try await http.run(mix, rate: closed.requestsPerSecond * settings.openLoopShare))
    }
    try await http.stop()
    Progress.step(rows.count, of: count, "library")
    try await LibraryContention(settings, redis: redis).run(mixes) { row in
      rows.append(row)
      Progress.step(rows.count, of: count, "library, \(row.mix)")
    }
    Progress.end()
    return rows
  }
}
