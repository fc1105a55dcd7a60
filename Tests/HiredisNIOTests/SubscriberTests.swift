import HiredisNIO
import IdempotencyTesting
import NIOCore
import NIOPosix
import Testing

@Suite(
  "A subscriber hears of every message, or that it may have missed one", .timeLimit(.minutes(1)))
struct SubscriberTests {
  @Test(
    "messages arrive after the confirmation",
    arguments: [RedisSubscriber.Kind.channel, .shardChannel])
  func messages(kind: RedisSubscriber.Kind) async throws {
    try await Self.withSubscriber { server, subscriber in
      var events = subscriber.events(of: "news", kind: kind).makeAsyncIterator()
      #expect(await Self.name(events.next()) == "subscribed")
      try await server.command(kind == .channel ? "PUBLISH" : "SPUBLISH", "news", "one")
      try await server.command(kind == .channel ? "PUBLISH" : "SPUBLISH", "other", "not for us")
      try await server.command(kind == .channel ? "PUBLISH" : "SPUBLISH", "news", "two")
      #expect(await Self.name(events.next()) == "message one")
      #expect(await Self.name(events.next()) == "message two")
    }
  }

  @Test func subscribersShareTheChannelAndTheLastOneLeavesIt() async throws {
    try await Self.withSubscriber { server, subscriber in
      let first = Recorder<String>()
      let second = Recorder<String>()
      let subscriptions = try await subscriber.eventLoop.submit {
        [
          subscriber.subscribe("c") { first.record(Self.name($0)) },
          subscriber.subscribe("c") { second.record(Self.name($0)) },
        ]
      }.get()
      #expect(await first.next() == "subscribed")
      #expect(await second.next() == "subscribed")
      #expect(try await server.command("PUBSUB", "SHARDNUMSUB", "c").array?[1] == .integer(1))
      let third = Recorder<String>()
      let late = try await subscriber.eventLoop.submit {
        subscriber.subscribe("c") { third.record(Self.name($0)) }
      }
      .get()
      #expect(await third.next() == "subscribed")

      try await subscriber.eventLoop.submit { subscriptions[0].cancel() }.get()
      try await server.command("SPUBLISH", "c", "hello")
      #expect(await second.next() == "message hello")
      #expect(await third.next() == "message hello")
      try await subscriber.eventLoop.submit {
        subscriptions[1].cancel()
        late.cancel()
        late.cancel()
        // Comes back at once: the unsubscription is on its way already.
        _ = subscriber.subscribe("c") { first.record("again " + Self.name($0)) }
      }.get()
      #expect(await first.next() == "again subscribed")
      try await server.command("SPUBLISH", "c", "bye")
      #expect(await first.next() == "again message bye")
    }
  }

  @Test func aLostConnectionIsReplacedAndSubscribersAreToldToReadAgain() async throws {
    try await Self.withSubscriber { server, subscriber in
      var events = subscriber.events(of: "c").makeAsyncIterator()
      #expect(await Self.name(events.next()) == "subscribed")
      try await server.command("CLIENT", "KILL", "TYPE", "pubsub")
      #expect(await Self.name(events.next()) == "mayHaveMissed")
      try await server.command("SPUBLISH", "c", "after")
      #expect(await Self.name(events.next()) == "message after")
      await server.kill()
      try await server.restart()
      #expect(await Self.name(events.next()) == "mayHaveMissed")
    }
  }

  @Test func aReaderThatIsTooSlowIsToldToReadAgain() async throws {
    try await Self.withSubscriber { server, subscriber in
      var events = subscriber.events(of: "c").makeAsyncIterator()
      #expect(await Self.name(events.next()) == "subscribed")
      let marker = Recorder<String>()
      _ = try await subscriber.eventLoop.submit {
        subscriber.subscribe("end") { marker.record(Self.name($0)) }
      }.get()
      #expect(await marker.next() == "subscribed")
      for number in 0..<100 { try await server.command("SPUBLISH", "c", "\(number)") }
      try await server.command("SPUBLISH", "end", "")
      #expect(await marker.next() == "message ")
      var names: [String] = []
      for _ in 0..<16 { names.append(await Self.name(events.next())) }
      #expect(names.contains("mayHaveMissed"))
      #expect(names.contains("message 99"))
    }
  }

  @Test func whatTheServerRefusesFails() async throws {
    var options = RedisServer.Options()
    options.users = ["limited on >pw ~* resetchannels &allowed +@all"]
    try await withServer(options) { server in
      var configuration = server.configuration
      configuration.username = "limited"
      configuration.password = "pw"
      let subscriber = RedisSubscriber(
        configuration: configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next())
      var refused = subscriber.events(of: "forbidden").makeAsyncIterator()
      guard case .failed(let error)? = await refused.next() else {
        Issue.record("it must fail")
        return
      }
      #expect(error.serverError?.code == "NOPERM")
      #expect(await refused.next() == nil)
      var allowed = subscriber.events(of: "allowed").makeAsyncIterator()
      #expect(await Self.name(allowed.next()) == "subscribed")
      await subscriber.shutdown()
      #expect(await Self.name(allowed.next()) == "failed shutDown")
      #expect(await allowed.next() == nil)
    }
  }

  static func withSubscriber(_ body: (RedisServer, RedisSubscriber) async throws -> Void)
    async throws
  {
    try await withServer { server in
      let subscriber = RedisSubscriber(
        configuration: server.configuration, eventLoop: MultiThreadedEventLoopGroup.singleton.next()
      )
      try await body(server, subscriber)
      await subscriber.shutdown()
    }
  }

  static func name(_ event: RedisSubscriptionEvent?) -> String {
    switch event {
    case .subscribed: "subscribed"
    case .message(let bytes): "message \(String(buffer: bytes))"
    case .mayHaveMissed: "mayHaveMissed"
    case .failed(let error): "failed \(error.code)"
    case nil: "end"
    }
  }
}
