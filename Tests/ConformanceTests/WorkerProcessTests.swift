import Foundation
import IdempotencyTesting
import Testing
@testable import Harness

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What only a worker's process does: it runs without a file, and reads its file again.
@Suite("Worker process", .timeLimit(.minutes(10)))
struct WorkerProcessTests {
  private static let listening = "\"message\":\"listening on "

  @Test("without a file POST and PATCH with a key are guarded, and records stand in memory")
  func withoutFile() async throws {
    try await withOrigin { origin in
      let worker = try await Self.start(["--origin", origin, "--store", "memory", "--admin", "off"])
      for method in ["POST", "PATCH"] {
        let call = Call(method, "/anything", key: freshKey())
        let first = try await call.send(to: worker.url)
        expectExecuted(first)
        expectReplay(try await call.send(to: worker.url), of: first)
      }
      let put = Call("PUT", "/anything", key: freshKey())
      #expect(try await put.send(to: worker.url).label == "ignored")
      let status = try await worker.stop()
      #expect(status == 0)
    }
  }

  @Test("without a file two workers on one Redis replay each other's answers; the second needs no port for its admin")
  func withoutFileShared() async throws {
    let redis = try await SharedRedis.server()
    try await withOrigin { origin in
      let flags = [
        "--origin", origin, "--store", "redis://127.0.0.1:\(redis.port)", "--store-prefix", "t-\(freshKey())",
        "--store-settle", "0s", "--store-timeout", "5s",
      ]
      let first = try await Self.start(flags)
      let second = try await Self.start(flags)
      let call = Call(key: freshKey())
      let executed = try await call.send(to: first.url)
      expectExecuted(executed)
      expectReplay(try await call.send(to: second.url), of: executed)
      #expect(try await second.stop() == 0)
      #expect(try await first.stop() == 0)
    }
  }

  @Test("SIGHUP puts other policies in force; a bad file, or another derivation, leaves the old ones and says so")
  func reload() async throws {
    let redis = try await SharedRedis.server()
    try await withOrigin { origin in
      let file = try ReloadableFile(origin: origin, redisPort: redis.port)
      let worker = try await Self.start(["--config", file.path], directory: file.directory)
      try await expectGuarded("/a", at: worker.url)
      try await expectIgnored("/b", at: worker.url)

      try file.write(policies: "- { name: b, match: { methods: [POST], path: /b } }")
      worker.process.signal(SIGHUP)
      _ = try await worker.process.line(with: "\"message\":\"configuration reloaded\"")
      try await expectGuarded("/b", at: worker.url)
      try await expectIgnored("/a", at: worker.url)

      try file.write(policies: "- { name: c, match: { methods: [POST], path: no-slash } }")
      worker.process.signal(SIGHUP)
      let refusal = try await worker.process.line(with: "\"message\":\"the configuration was not reloaded")
      #expect(refusal.contains("worker.yaml:"), "the place of the error is told: \(refusal)")
      try await expectGuarded("/b", at: worker.url)

      // F11: the same keyspace, and keys of another derivation.
      try file.write(policies: "- { name: b, match: { methods: [POST], path: /c }, scope: [] }")
      worker.process.signal(SIGHUP)
      let claim = try await worker.process.line(with: "keyspace b")
      #expect(claim.contains("the configuration was not reloaded"))
      try await expectGuarded("/b", at: worker.url)
      try await expectIgnored("/c", at: worker.url)

      let metrics = try await Call("GET", "/metrics", caller: nil).send(to: worker.admin).text
      #expect(metrics.contains("idempotency_config_reloads_total{result=\"success\"} 1\n"))
      #expect(metrics.contains("idempotency_config_reloads_total{result=\"failure\"} 2\n"))
      #expect(metrics.contains("idempotency_config_last_reload_success 0\n"))
      let ready = try await Call("GET", "/health/ready", caller: nil).send(to: worker.admin)
      #expect(ready.status == 200, "what is in force still works: \(ready.text)")

      try file.write(policies: "- { name: b, match: { methods: [POST], path: /b } }", more: "drainTimeout: 40s")
      worker.process.signal(SIGHUP)
      let restart = try await worker.process.line(with: "needs a restart")
      #expect(restart.contains("drainTimeout"))
      #expect(try await worker.stop() == 0)
    }
  }

  private func expectGuarded(_ path: String, at url: String) async throws {
    #expect(try await Call("POST", path, key: freshKey()).send(to: url).label == "executed", "\(path)")
  }

  private func expectIgnored(_ path: String, at url: String) async throws {
    #expect(try await Call("POST", path, key: freshKey()).send(to: url).label == "ignored", "\(path)")
  }

  private func withOrigin(_ body: (_ url: String) async throws -> Void) async throws {
    try await Slots.withSlot {
      let server = try await OriginServer.start(Origin())
      do {
        try await body("http://127.0.0.1:\(server.port)")
        server.stop()
      } catch {
        server.stop()
        throw error
      }
    }
  }

  /// A worker's process and where it listens.
  private struct Worker {
    let process: NodeProcess
    let url: String
    let admin: String

    func stop() async throws -> Int32? {
      process.signal(SIGTERM)
      return await process.ended()
    }
  }

  private static func start(_ flags: [String], directory: String? = nil) async throws -> Worker {
    let process = try await NodeProcess(
      ["idempotency-worker", "IdempotencyWorker"], flags + ["--listen", "127.0.0.1:0", "--logging-level", "notice"],
      directory: directory)
    let port = try await process.ports(after: [listening])[0]
    let hasAdmin = flags.contains("--config")
    let admin = hasAdmin ? try await process.ports(after: ["\"message\":\"admin listening on "])[0] : 0
    return Worker(process: process, url: "http://127.0.0.1:\(port)", admin: "http://127.0.0.1:\(admin)")
  }
}

/// A configuration file that is written again while its worker runs.
private struct ReloadableFile {
  let directory = "/tmp/reload-\(UInt32.random(in: 0...UInt32.max))"
  private let head: String

  var path: String { directory + "/worker.yaml" }

  init(origin: String, redisPort: Int) throws {
    head = """
      listen: 127.0.0.1:0
      admin: 127.0.0.1:0
      origin: \(origin)
      store: { redis: "redis://127.0.0.1:\(redisPort)", prefix: t-\(freshKey()), settle: 0s, timeout: 5s }
      principal: { headers: [x-api-key] }
      """
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    try write(policies: "- { name: a, match: { methods: [POST], path: /a } }")
  }

  func write(policies: String, more: String = "") throws {
    let text = "\(head)\n\(more)\npolicies:\n\(policies)\n"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
}
