import Testing

@testable import HiredisNIO

@Suite("A URL says where the server is")
struct ConfigurationURLTests {
  @Test(
    "addresses",
    arguments: [
      ("redis://example.com", RedisConfiguration.Address.tcp(host: "example.com", port: 6379)),
      ("REDIS://example.com:1/", .tcp(host: "example.com", port: 1)),
      ("redis://127.0.0.1:65535", .tcp(host: "127.0.0.1", port: 65535)),
      ("redis://[::1]", .tcp(host: "::1", port: 6379)),
      ("redis://[fe80::1]:7000/2", .tcp(host: "fe80::1", port: 7000)),
      ("unix:/run/redis.sock", .unix(path: "/run/redis.sock")),
      ("unix:///run/my%20redis.sock?db=3", .unix(path: "/run/my redis.sock")),
    ])
  func addresses(url: String, address: RedisConfiguration.Address) throws {
    #expect(try RedisConfiguration(url: url).address == address)
  }

  @Test func credentialsAreDecoded() throws {
    let both = try RedisConfiguration(url: "redis://us%40er:p%3A%2Fss:w%25@host/5")
    #expect(both.username == "us@er")
    #expect(both.password == "p:/ss:w%")
    #expect(both.database == 5)
    let only = try RedisConfiguration(url: "redis://:secret@host")
    #expect(only.username == nil)
    #expect(only.password == "secret")
    #expect(only.database == 0)
  }

  @Test func redissSpeaksTLS() throws {
    #expect(try RedisConfiguration(url: "rediss://host").tls != nil)
    #expect(try RedisConfiguration(url: "redis://host").tls == nil)
    #expect(try RedisConfiguration(url: "unix:/s?db=4").database == 4)
  }

  @Test(
    "what cannot be meant is refused, without repeating the password",
    arguments: [
      "", "host:6379", "http://host", "redis:host", "redis://", "redis://:0", "redis://host:0",
      "redis://host:65536",
      "redis://host:+1", "redis://host:x", "redis://::1", "redis://[::1", "redis://[::1]x",
      "redis://host/x",
      "redis://host/-1", "redis://user@host", "redis://:sekret%zz@host", "redis://:sekret%2@host",
      "redis://host?db=1",
      "redis://:sekret%FF@host", "unix:relative", "unix://host/path", "unix:/s?x=1", "unix:/s?db=",
    ])
  func refused(url: String) {
    let error = #expect(throws: RedisConfigurationError.self) { try RedisConfiguration(url: url) }
    #expect(error?.message.contains("sekret") == false)
  }
}
