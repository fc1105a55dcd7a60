import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import IdempotencyWorker

@Suite struct AdminRoutesTests {
  private let checks = NIOLockedValueBox([
    ReadinessCheck(name: "store", ok: true), ReadinessCheck(name: "clock", ok: true),
  ])

  private var server: AdminServer {
    AdminServer(
      address: .tcp(host: "127.0.0.1", port: 0), readiness: { [checks] in checks.withLockedValue { $0 } },
      metrics: { "# TYPE a_total counter\na_total 1\n" }, logger: Logger(label: "admin"))
  }

  private func answer(_ path: String, _ method: HTTPRequest.Method = .get) async throws -> TestResponse {
    try await server.application.test(.router) { try await $0.execute(uri: path, method: method) }
  }

  @Test("A process that runs says so, ready or not")
  func live() async throws {
    checks.withLockedValue { $0[0] = ReadinessCheck(name: "store", ok: false) }
    let response = try await answer("/health/live")
    #expect(response.status == .ok)
    #expect(String(buffer: response.body) == #"{"status":"live"}"#)
    #expect(response.headers[.cacheControl] == "no-store")
  }

  @Test("F11: readiness is 503 while any check fails, and says which and why")
  func ready() async throws {
    struct Report: Decodable, Equatable {
      struct Check: Decodable, Equatable {
        let name: String
        let ok: Bool
        let detail: String?
      }
      let status: String
      let checks: [Check]
    }
    let ready = try await answer("/health/ready")
    #expect(ready.status == .ok)
    #expect(
      try JSONDecoder().decode(Report.self, from: Data(ready.body.readableBytesView))
        == Report(
          status: "ready",
          checks: [.init(name: "store", ok: true, detail: nil), .init(name: "clock", ok: true, detail: nil)]))

    let detail = "Keyspace a was derived otherwise: give it a new keyspace."
    checks.withLockedValue { $0.append(ReadinessCheck(name: "keyspaces", ok: false, detail: detail)) }
    let notReady = try await answer("/health/ready")
    #expect(notReady.status == .serviceUnavailable)
    let report = try JSONDecoder().decode(Report.self, from: Data(notReady.body.readableBytesView))
    #expect(report.status == "not ready")
    #expect(report.checks.last == .init(name: "keyspaces", ok: false, detail: detail))
    #expect(notReady.headers[.contentType]?.hasPrefix("application/json") == true)
  }

  @Test("Metrics have the content type that Prometheus asks for")
  func metrics() async throws {
    let response = try await answer("/metrics")
    #expect(response.status == .ok)
    #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
    #expect(response.headers[.cacheControl] == "no-store")
    #expect(String(buffer: response.body) == "# TYPE a_total counter\na_total 1\n")
  }

  @Test("HEAD is GET without the body", arguments: ["/health/live", "/health/ready", "/metrics"])
  func head(path: String) async throws {
    let get = try await answer(path)
    let head = try await answer(path, .head)
    #expect(head.status == get.status)
    #expect(head.body.readableBytes == 0)
    #expect(head.headers[.contentType] == get.headers[.contentType])
    #expect(head.headers[.contentLength] == get.headers[.contentLength])
  }

  @Test("Everything else is 404, as a problem", arguments: ["/", "/health", "/metrics/x", "/admin"])
  func unknown(path: String) async throws {
    for method in [HTTPRequest.Method.get, .post, .delete] {
      let response = try await answer(path, method)
      #expect(response.status == .notFound)
      #expect(response.headers[.contentType] == "application/problem+json")
      let problem = try #require(
        try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
      #expect(problem["status"] as? Int == 404)
      #expect(problem["title"] as? String == "Not Found")
    }
    let post = try await answer("/metrics", .post)
    #expect(post.status == .notFound)
    let head = try await answer(path, .head)
    #expect(head.status == .notFound && head.body.readableBytes == 0)
  }
}
