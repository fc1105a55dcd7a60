import Foundation
import HiredisNIO
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

/// Two workers with one profile, one Redis, and a scripted origin.
final class ProfileFleet: RecordKeeper, Sendable {
  let redis: RedisServer
  let origin: Origin
  let server: OriginServer
  let workers: [ProfileWorker]
  /// What every key of this fleet begins with.
  let prefix: String

  private init(redis: RedisServer, origin: Origin, server: OriginServer, workers: [ProfileWorker], prefix: String) {
    self.redis = redis
    self.origin = origin
    self.server = server
    self.workers = workers
    self.prefix = prefix
  }

  /// Gives a test its workers, and takes everything away behind it.
  ///
  /// Without `replacements` the workers get the very file, else a copy that has those lines otherwise; `flags` are more
  /// flags for them.
  static func run(
    _ name: String, replacing replacements: [Profile.Replacement] = [], flags: [String] = [],
    _ body: (ProfileFleet) async throws -> Void
  ) async throws {
    try await Slots.withSlot {
      let profile = Profile(name: name)
      let directory = FileManager.default.temporaryDirectory.appending(path: "profile-\(freshKey())").path
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(atPath: directory) }
      var file = profile.path
      if !replacements.isEmpty {
        file = "\(directory)/\(name).yaml"
        try profile.text(replacing: replacements).write(toFile: file, atomically: false, encoding: .utf8)
      }
      let fleet = try await start(file, flags: flags)
      defer { fleet.server.stop() }
      try await withTaskCancellationHandler {
        do {
          try await body(fleet)
          for worker in fleet.workers { try await worker.stop() }
        } catch {
          // A test has failed, and its gates may stay shut.
          fleet.abort()
          throw error
        }
      } onCancel: {
        fleet.abort()
      }
    }
  }

  private static func start(_ file: String, flags: [String]) async throws -> ProfileFleet {
    let redis = try await SharedRedis.server()
    let prefix = "p-" + freshKey()
    let origin = Origin()
    let server = try await OriginServer.start(origin)
    let places = [
      "--origin", "http://127.0.0.1:\(server.port)", "--store-redis", "redis://127.0.0.1:\(redis.port)/0",
      "--store-prefix", prefix,
      // A busy machine must make no fault of its own, and this Redis has lost nothing that could be put back.
      "--store-timeout", "5s", "--store-settle", "0s",
    ]
    do {
      async let first = ProfileWorker(file: file, flags: places + flags)
      async let second = ProfileWorker(file: file, flags: places + flags)
      return ProfileFleet(
        redis: redis, origin: origin, server: server, workers: try await [first, second], prefix: prefix)
    } catch {
      server.stop()
      throw error
    }
  }

  private func abort() {
    for worker in workers { worker.abort() }
  }

  /// Sends a request to a worker and waits for the whole answer.
  func send(_ call: Call, to worker: Int = 0) async throws -> Reply {
    try await call.send(to: workers[worker].url)
  }

  /// Sends a request and gives the answer when it is asked for.
  func begin(_ call: Call, to worker: Int = 0) -> Task<Reply, any Error> {
    Task { try await self.send(call, to: worker) }
  }

  /// Sends a request again and again while its first attempt runs or its outcome is open.
  ///
  /// - Returns: The first other answer.
  func settled(_ call: Call, at worker: Int = 1, while labels: Set<String> = ["in-progress"]) async throws -> Reply {
    try await eventually(within: .seconds(60)) {
      let reply = try await self.send(call, to: worker)
      return reply.label.map { labels.contains($0) } ?? false ? nil : reply
    }
  }
}

/// Expects that a request ran once, and that it gives its answer to retries at every worker.
@discardableResult
func expectOnce(
  _ call: Call, in fleet: ProfileFleet, status: Int = 201, _ location: SourceLocation = #_sourceLocation
) async throws -> Reply {
  let before = fleet.origin.calls.count
  let first = try await fleet.send(call)
  expectExecuted(first, status: status, "\(first.text)", location)
  for worker in [1, 0] { expectReplay(try await fleet.send(call, to: worker), of: first, nil, location) }
  #expect(fleet.origin.calls.count == before + 1, sourceLocation: location)
  return first
}
