import Idempotency
import IdempotencyTesting
import NIOCore
import Testing
@testable import Harness

@Suite("K6–K12: which keys are refused", .eachKind, .timeLimit(.minutes(10)))
struct KeyRefusalTests {
  @Test("K6 two field lines, or a list of two, are refused, even when they are equal")
  func several() async throws {
    try await withCluster { cluster in
      for lines in [
        ["a", "b"], ["a", "a"], ["\"a\"", "\"a\""], ["a", ""], ["", "a"], ["\"a\"", "\"b\"", "\"c\""],
        ["\"a\", \"b\""], ["\"a\",\"a\""], ["\"a\", b"], ["a, b"], ["\"a\";x=1, \"b\";x=2"],
      ] {
        let call = Call().with { call in call.fields += lines.map { Field("Idempotency-Key", $0) } }
        try expect(try await cluster.sendRaw(call), is: "key-malformed")
        #expect(cluster.origin.calls.isEmpty, "\(lines)")
      }
      // In different letter cases they are two all the same.
      let call = Call().with { $0.fields += [Field("Idempotency-Key", "a"), Field("idempotency-key", "a")] }
      try expect(try await cluster.sendRaw(call), is: "key-malformed")
      try await cluster.expectUntouched()
    }
  }

  @Test("K7 empty, blank and \"\" are refused")
  func empty() async throws {
    for required in [false, true] {
      try await withCluster(ClusterOptions(policies: [.payments { $0.isKeyRequired = required }])) { cluster in
        for value in ["", " ", "  \t ", "\"\"", "\"\";a=1", "\"   \""] {
          let reply = try await cluster.sendRaw(Call(key: value))
          try expect(reply, is: "key-malformed")
        }
        try await cluster.expectUntouched()
      }
    }
  }

  @Test("K8 a key has 1 to 255 bytes after decoding")
  func length() async throws {
    try await withCluster { cluster in
      let good = [
        "a", "\"b\"", String(repeating: "k", count: 255), "\"" + String(repeating: "q", count: 255) + "\"",
        // 510 bytes on the wire, 255 after decoding.
        "\"" + String(repeating: "\\\\", count: 255) + "\"", "\"" + String(repeating: "\\\"", count: 255) + "\"",
      ]
      for value in good {
        let first = try await cluster.send(Call(key: value))
        expectExecuted(first, "\(value.count) bytes")
        expectReplay(try await cluster.send(Call(key: value), to: 1), of: first)
      }
      for value in [
        String(repeating: "k", count: 256), "\"" + String(repeating: "q", count: 256) + "\"",
        "\"" + String(repeating: "\\\\", count: 256) + "\"", String(repeating: "k", count: 4_000),
      ] {
        try expect(try await cluster.send(Call(key: value)), is: "key-malformed")
      }
      try await cluster.expectUntouched(calls: good.count, records: good.count)
    }
  }

  @Test("K9 control bytes and bytes outside ASCII are refused, bare or quoted")
  func bytes() async throws {
    try await withCluster { cluster in
      let bad = Array(0x00...0x1F) + Array(0x7F...0xFF) as [UInt8]
      for byte in bad {
        for (before, after) in [("ab", "cd"), ("\"ab", "cd\"")] {
          let call = Call().with {
            $0.fields.append(Field("Idempotency-Key", bytes: Array(before.utf8) + [byte] + Array(after.utf8)))
          }
          let reply = try await cluster.sendRaw(call)
          #expect(reply.status == 400, "byte \(byte) in \(before)…")
          // What HTTP itself forbids in a field may be refused before this layer sees it (RFC 9110 section 5.5).
          if byte == 0x09 || byte >= 0x80 { try expect(reply, is: "key-malformed") }
        }
      }
      for text in ["clé", "\"clé\"", "鍵", "k\u{301}", "\u{FEFF}k"] {
        try expect(try await cluster.sendRaw(Call(key: text)), is: "key-malformed")
      }
      try await cluster.expectUntouched()
    }
  }

  @Test("K10 keys are compared case-sensitively, UUID-shaped ones too")
  func letterCase() async throws {
    try await withCluster { cluster in
      let uuid = freshKey()
      for key in ["abc", "ABC", "Abc", uuid, uuid.uppercased()] {
        expectExecuted(try await cluster.send(Call(key: key)), "\(key)")
      }
      #expect(cluster.origin.calls.count == 5)
      #expect(try await cluster.records().count == 5)
    }
  }

  @Test("K10 with a UUID format either letter case is the same key", arguments: [KeyFormat.uuid, .uuidV4])
  func canonicalUUID(format: KeyFormat) async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.keyFormat = format }])) { cluster in
      let uuid = "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33"
      let first = try await cluster.send(Call(key: uuid.uppercased()))
      expectExecuted(first)
      for spelling in [uuid, "\"\(uuid)\"", "\"\(uuid.uppercased())\"", "3F9c2A7e-1b4D-4c8A-9e21-7d5f0b6a1c33"] {
        expectReplay(try await cluster.send(Call(key: spelling), to: 1), of: first, "\(spelling)")
      }
      #expect(try await cluster.record().key.hasSuffix(":" + uuid))
      // The origin gets the key as the client sent it.
      #expect(cluster.origin.calls.map(\.key) == [uuid.uppercased()])
    }
  }

  @Test("K11 a bad key touches neither Redis nor the origin")
  func untouched() async throws {
    let redis = try await SharedRedis.server()
    let proxy = try await FaultProxy.start(port: redis.port)
    var options = ClusterOptions(nodes: 1, policies: [.payments { $0.isKeyRequired = true }])
    options.redisPorts = [0: proxy.port]
    try await withCluster(options) { cluster in
      // Whatever names a record begins with the prefix; connections are greeted and clocks read at any time.
      let asked = Watched(0)
      let prefix = Array(cluster.prefix.utf8)
      await proxy.onBytes(.clientToServer) { bytes in
        if Array(bytes.readableBytesView).contains(prefix) { asked.update { $0 += 1 } }
        return .forward
      }
      for value in ["", "\"\"", "a,b", "\"a", String(repeating: "k", count: 256), "\"a\", \"b\""] {
        try expect(try await cluster.sendRaw(Call(key: value)), is: "key-malformed")
      }
      try expect(try await cluster.send(Call()), is: "key-missing")
      #expect(asked.value == 0)
      #expect(cluster.origin.calls.isEmpty)
      // A good one does: it is reserved and completed.
      expectExecuted(try await cluster.send(Call(key: "good")))
      #expect(asked.value == 2)
    }
    await proxy.stop()
  }

  static let uuids = [
    ("00000000-0000-0000-0000-000000000000", false), ("ffffffff-ffff-ffff-ffff-ffffffffffff", false),
    ("6ba7b810-9dad-11d1-80b4-00c04fd430c8", false), ("01932c07-209c-7a51-8d58-0d4e7d3a1c33", false),
    ("3f9c2a7e-1b4d-4c8a-0e21-7d5f0b6a1c33", false), ("3f9c2a7e-1b4d-4c8a-ce21-7d5f0b6a1c33", false),
    ("3f9c2a7e-1b4d-4c8a-8e21-7d5f0b6a1c33", true), ("3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33", true),
    ("3F9C2A7E-1B4D-4C8A-AE21-7D5F0B6A1C33", true), ("3f9c2a7e-1b4d-4c8a-Be21-7d5f0b6a1c33", true),
  ]

  @Test("K12 a policy that wants UUIDs takes any version, one that wants version 4 only that")
  func formats() async throws {
    let policies = [
      IdempotencyPolicy.payments("any-version", path: "/any") { $0.keyFormat = .uuid },
      .payments("version-4", path: "/v4") { $0.keyFormat = .uuidV4 },
    ]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      for (uuid, isVersion4) in Self.uuids {
        expectExecuted(try await cluster.send(Call("POST", "/any", key: uuid)), "\(uuid)")
        let reply = try await cluster.send(Call("POST", "/v4", key: "\"\(uuid)\""))
        if isVersion4 { expectExecuted(reply, "\(uuid)") } else { try expect(reply, is: "key-malformed") }
      }
    }
  }

  @Test("K12 what is no UUID is refused")
  func noUUID() async throws {
    let policies = [
      IdempotencyPolicy.payments("any-version", path: "/any") { $0.keyFormat = .uuid },
      .payments("version-4", path: "/v4") { $0.keyFormat = .uuidV4 },
    ]
    try await withCluster(ClusterOptions(nodes: 1, policies: policies)) { cluster in
      for value in [
        "k", "3f9c2a7e1b4d4c8a9e217d5f0b6a1c33", "{3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33}",
        "urn:uuid:3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33", "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c3",
        "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c333", "3f9c2a7g-1b4d-4c8a-9e21-7d5f0b6a1c33",
        "3f9c2a7e-1b4d-4c8a-9e21_7d5f0b6a1c33", "3f9c2a7e1-b4d-4c8a-9e21-7d5f0b6a1c33",
        "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33 x", "\"3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33 \"",
      ] {
        for path in ["/any", "/v4"] {
          try expect(try await cluster.send(Call("POST", path, key: value)), is: "key-malformed")
        }
      }
      try await cluster.expectUntouched()
    }
  }
}
