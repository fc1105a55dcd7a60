import Foundation
import Idempotency

@testable import IdempotencyWorker

/// A directory with a configuration file and all files that the example names; gone with the value.
final class ConfigurationDirectory: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "idempotency-configuration-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for name in ["c.pem", "k.pem", "ca.pem", "jwks.json", "token", "redis-password", "pepper"] {
      try write("\(name): thirty-two bytes of any content\n", to: name)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Loads a configuration of this text, its overrides given as flags and variables.
  func load(
    _ text: String, flags: [String] = [], environment: [String: String] = [:]
  ) throws -> WorkerConfiguration {
    try write(text, to: "worker.yaml")
    return try WorkerConfiguration.load(
      ConfigurationSource(
        file: "\(path)/worker.yaml", arguments: ["idempotency-worker"] + flags, environment: environment))
  }

  /// The errors of a text, the file's directory cut off; empty when it is accepted.
  func errors(_ text: String, flags: [String] = [], environment: [String: String] = [:]) throws -> [String] {
    do {
      _ = try load(text, flags: flags, environment: environment)
      return []
    } catch let errors as ConfigurationErrors {
      let lines = errors.description.split(separator: "\n")
      return lines.map { $0.replacingOccurrences(of: "\(path)/worker.yaml:", with: "") }
    }
  }
}

extension WorkerConfiguration {
  /// Everything in it, a line each: policies cannot be compared as they are.
  var summary: [String] {
    Mirror(reflecting: self).children.map { child in
      // The hash that a pepper holds has an address in it; its id stands for it.
      child.label == "pepper" ? "pepper: \(pepper.id)" : "\(child.label ?? ""): \(child.value)"
    }
  }
}
