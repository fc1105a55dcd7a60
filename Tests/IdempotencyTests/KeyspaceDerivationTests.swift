import Testing

@testable import Idempotency

@Suite struct KeyspaceDerivationTests {
  private func digest(
    pepper: Pepper = .default, principal: [String] = ["x-api-key"],
    _ change: (inout IdempotencyPolicy) throws -> Void = { _ in }
  ) throws -> String {
    var policy = try IdempotencyPolicy("p", methods: ["POST"], path: "/{id}/{other}")
    try change(&policy)
    return try PolicySet([policy], pepper: pepper, principalFields: principal).derivations[0].digest
  }

  @Test("Whatever changes keys or fingerprints changes the digest (F11)")
  func differences() throws {
    let pointer = try JSONPointer("/a")
    let digests = try [
      digest(),
      digest { $0.keyFormat = .uuid },
      digest { $0.keySource = .path("id") },
      digest { $0.keySource = .path("other") },
      digest { $0.keySource = .body(pointer) },
      digest { $0.keySource = .derive(KeyDerivation([.pointer(pointer)])) },
      digest { $0.keySource = .derive(KeyDerivation([.principal, .pointer(pointer)])) },
      digest { $0.scope = [] },
      digest { $0.scope = [.principal, .path] },
      digest { $0.scope = [.path, .principal] },
      digest { $0.scope = [.principal, .header("x-region")] },
      digest { $0.fingerprint = FingerprintSettings(bodyForm: .json) },
      digest { $0.fingerprint = FingerprintSettings(bodyForm: .json, fields: [pointer]) },
      digest { $0.fingerprint = FingerprintSettings(bodyForm: .json, ignore: [pointer]) },
      digest { $0.fingerprint = FingerprintSettings(target: false) },
      digest { $0.fingerprint = FingerprintSettings(headers: ["x-version"]) },
      digest { $0.isTrailingSlashSignificant = true },
      digest(pepper: Pepper(bytes: Array("0123456789abcdef".utf8))),
      digest(principal: ["x-api-key", "x-tenant"]),
      digest(principal: ["x-tenant", "x-api-key"]),
    ]
    #expect(Set(digests).count == digests.count)
    #expect(digests.allSatisfy { $0.count == 64 && $0.allSatisfy { "0123456789abcdef".contains($0) } })
  }

  @Test("Whatever changes neither leaves it alone (F11)")
  func equalities() throws {
    let first = try digest()
    #expect(try digest { $0.keySource = .header("X-Key") } == first)
    #expect(try digest { $0.execution.retention = .seconds(100_000) } == first)
    #expect(try digest { $0.isKeyRequired = true } == first)
    #expect(try digest(principal: ["X-API-Key"]) == first)
    #expect(try digest(principal: []) { $0.scope = [] } == digest(principal: ["x"]) { $0.scope = [] })
    // A pinned value: another implementation must come to the same digest, and this one must not change it unnoticed.
    #expect(first == "011710160c602a96f2f89dbbb2e1eabb35c81d6ed1b4b9a7bc1ccca741e52131")
  }

  @Test("One digest for each keyspace, in the order of the policies (F11)")
  func keyspaces() throws {
    var one = try IdempotencyPolicy("one", path: "/1")
    one.keyspace = "shared"
    var two = try IdempotencyPolicy("two", path: "/2")
    two.keyspace = "shared"
    let three = try IdempotencyPolicy("three", path: "/3")
    #expect(try PolicySet([one, two, three]).derivations.map(\.keyspace) == ["shared", "three"])
  }

  @Test("Policies that share a keyspace take their keys from the same place; a field's name is none (F11)")
  func sharedKeyspace() throws {
    let one = try IdempotencyPolicy("one", path: "/1/{id}")
    var two = try IdempotencyPolicy("two", path: "/2/{id}")
    two.keyspace = "one"
    two.keySource = .header("X-Key")
    _ = try PolicySet([one, two])
    two.keySource = .path("id")
    #expect(throws: PolicyError.self) { try PolicySet([one, two]) }
  }
}
