import Foundation
import IdempotencyTesting

/// The servers of a comparison: all of them up, asked one after the other.
struct WorkerBench {
  /// Event loops of the worker, and processes of each peer: as many as cores.
  static let processes = ProcessInfo.processInfo.activeProcessorCount

  let redis: RedisServer
  let generator = LoadGenerator()
  /// Holds the operations of keys that must be in progress.
  let held: Origin
  /// What all of them forward to.
  let origin: Peer
  let worker: Peer
  let peers: [Peer]
  let connections: Int
  /// Where processes have their files.
  let directory: URL
  let workerPath: String

  var all: [Peer] { [origin, worker] + peers }

  /// Starts everything, and checks that each server gives right answers.
  ///
  /// - Parameters:
  ///   - path: The worker's executable.
  ///   - python: The interpreter of the Python peer; nil for no peers at all.
  ///   - connections: How many there are in a turn.
  ///   - directory: Where processes have their files.
  /// - Returns: The servers; those that are not installed are not among them.
  /// - Throws: ``BenchmarkError`` for a server that does not start or gives wrong answers.
  static func start(
    worker path: String, python: String?, connections: Int, directory: URL
  ) async throws -> WorkerBench {
    var options = RedisServer.Options()
    options.listensOnUnixSocket = true
    let redis = try await RedisServer.start(options)
    let held = try await Origin.start()
    let nginx = NginxPeers(directory: directory)
    let ours = Peer(name: "origin", port: held.port, program: held.program, modes: [.unguarded])
    let origin = try await unlessSkipped { try await nginx.origin(held: held.port) } ?? ours
    var peers: [Peer?] = []
    if let python {
      let socket = redis.unixSocketPath
      peers = [
        try await unlessSkipped { try await nginx.proxy(origin: origin.port, processes: processes) },
        try await unlessSkipped { try await nginx.lua(origin: origin.port, redis: socket, processes: processes) },
        try await unlessSkipped {
          try await PythonPeer(directory: directory, python: python).start(redis: socket, processes: processes)
        },
      ]
    }
    let settings = WorkerSettings(originPort: origin.port, redis: "unix:\(redis.unixSocketPath)")
    let process = try await Worker.start(path, settings, directory: directory, name: "worker")
    let worker = Peer(
      name: "worker", port: process.port, program: process.program, modes: Set(WorkerMode.allCases))
    let bench = WorkerBench(
      redis: redis, held: held, origin: origin, worker: worker, peers: peers.compactMap { $0 },
      connections: connections, directory: directory, workerPath: path)
    for peer in bench.all { try await bench.check(peer) }
    return bench
  }

  func stop() async throws {
    for peer in all { await peer.program.stop() }
    await held.program.stop()
    await redis.stop()
    try await generator.shutDown()
  }

  /// A peer that is not installed is said to be left out.
  private static func unlessSkipped(_ start: () async throws -> Peer) async throws -> Peer? {
    do {
      return try await start()
    } catch let error as PeerSkipped {
      Progress.note("\(error)")
      return nil
    }
  }

  /// Waits until a server answers, and checks that it answers rightly in every mode.
  private func check(_ peer: Peer) async throws {
    let mode = peer.modes.contains(.unguarded) ? WorkerMode.unguarded : .executed
    var attempts = 0
    while true {
      do {
        _ = try await turn(peer, mode, requests: 1)
        break
      } catch {
        attempts += 1
        guard peer.program.isRunning, attempts < 200 else {
          throw BenchmarkError("\(peer.name) does not answer: \(error)\n\(peer.program.output)")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
    for mode in WorkerMode.allCases where peer.modes.contains(mode) {
      _ = try await turn(peer, mode, requests: 2 * WorkerTraffic.keys)
    }
  }
}
