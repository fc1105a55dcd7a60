import Foundation
import Testing
@testable import Harness

@Suite("Profiles: the files", .timeLimit(.minutes(10)))
struct ProfileFileTests {
  @Test("there is a profile for each published behaviour, and no other")
  func complete() throws {
    #expect(
      try Profile.all().map(\.name) == ["balansas", "dwolla", "ietf-draft", "lightspark", "nora", "stripe"])
  }

  @Test("each passes --check", arguments: try Profile.all())
  func check(_ profile: Profile) async throws {
    let process = try await ProfileWorker.launch(["--config", profile.path, "--check"])
    #expect(await process.ended() == 0, "\(process.output)")
    #expect(process.output.contains("valid"), "\(process.output)")
  }

  @Test("each begins by saying what it reproduces, and where that is published", arguments: try Profile.all())
  func comments(_ profile: Profile) throws {
    let lines = try profile.text.split(separator: "\n", omittingEmptySubsequences: false)
    let header = lines.prefix { $0.hasPrefix("#") }.joined(separator: "\n")
    #expect(header.contains("(CONFORMANCE"))
    #expect(header.contains("\n# Source: "))
    #expect(lines.allSatisfy { $0.count <= 120 })
  }
}
