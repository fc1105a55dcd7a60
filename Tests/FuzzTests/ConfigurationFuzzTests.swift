import IdempotencyTesting
import Foundation
import Testing

@testable import IdempotencyWorker

/// Each test has a directory of its own, gone with it.
@Suite("The worker's configuration: whatever stands in the file is read, or refused with its place")
final class ConfigurationFuzzTests {
  private static let example: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return (try? String(contentsOf: root.appendingPathComponent("deploy/worker.example.yaml"), encoding: .utf8)) ?? ""
  }()
  private let directory = NSTemporaryDirectory() + "idempotency-fuzz-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for name in ["c.pem", "k.pem", "ca.pem", "jwks.json", "token", "redis-password", "pepper"] {
      try Data("\(name): thirty-two bytes of any content\n".utf8).write(
        to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: directory) }

  @Test("Settings that are changed, doubled, left out or moved")
  func settings() {
    Fuzz.run(400, reaching: ["accepted", "refused"]) { fuzz in
      try self.load(Data(fuzz.random.changedYAML(Self.example).utf8), &fuzz)
    }
  }

  @Test("Bytes that are changed")
  func bytes() {
    let short =
      "listen: a:1\norigin: http://b\nstore: { memory: {} }\nprincipal: { headers: [x] }\npolicies: [{ name: p }]\n"
    Fuzz.run(1200, reaching: ["accepted", "refused"]) { fuzz in
      let text = fuzz.random.chance(20) ? Self.example : short
      let donor = Array("&a [*a, {? x: -}, \"\\x00\", '', | >-\n%TAG ! tag:\n---\n...\n]".utf8)
      try self.load(Data(fuzz.random.mutated(Array(text.utf8), donor: donor)), &fuzz)
    }
  }

  private func load(_ text: Data, _ fuzz: inout FuzzCase) throws {
    fuzz.show(text)
    let path = "\(directory)/worker.yaml"
    try text.write(to: URL(fileURLWithPath: path))
    do throws(ConfigurationErrors) {
      _ = try WorkerConfiguration.load(ConfigurationSource(file: path))
      fuzz.reach("accepted")
    } catch {
      fuzz.reach("refused")
      fuzz.expect(!error.errors.isEmpty && error.errors.count <= 20, "\(error.errors.count) errors")
      let lineCount = text.count { $0 == 0x0A || $0 == 0x0D } + 2 * text.count { $0 > 0x7F } + 1
      for error in error.errors {
        fuzz.expect(error.file == path && !error.reason.isEmpty, "\(error)")
        // A file that is no UTF-8 has no lines.
        if error.reason == "is not UTF-8" { continue }
        guard case .file(let line, let column) = error.location else { return fuzz.fail("no place: \(error)") }
        fuzz.expect((1...lineCount + 1).contains(line) && column >= 1, "a place outside the file: \(error)")
      }
    }
  }
}
