// SPDX-License-Identifier: Apache-2.0
//
// What a client of HTTP/2 may send: whatever it is, and in whatever pieces it comes, streams and bodies stay within
// their limits, what is sent is whole frames, and nothing is delivered once a session has ended.

#include <cstdint>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/http/server_session.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::http;

fuzz::Goal requested("a request is taken");
fuzz::Goal ended("a session is ended");

constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kPayloadMax = 16384;  // a client that allows more is not believed to need it

class Server : public RequestSink {
public:
    virtual ~Server() = default;
    Server(Version version, std::uint8_t choice) : choice_(choice) {
        Limits limits;
        limits.streams_max = 20;
        limits.body_max = 4000;
        limits.memory_max = 100'000;
        session_ = ServerSession::create(version, limits, pool_, *this, now_, "text/x");
        CENOTE_CHECK(session_ != nullptr);
    }
    void feed(ByteView bytes) {
        now_ += milliseconds{20};
        session_->feed(bytes, now_);
        if (session_->ended() != Ended::No) ended.reach();
        CENOTE_CHECK(session_->streams() == pool_.in_use() && session_->streams() <= 20);
        if ((choice_ & 1U) == 0 || ++turn_ % 3 == 0) send();
    }
    void finish() {
        for (const std::uint32_t stream : waiting_) respond(stream);
        session_->expire(now_ + milliseconds{20000});
        session_->announce_end();
        session_->finish();
        send();
        const bool speaks_http2 = !sent_.empty() && sent_[0] == 0;
        std::size_t at = 0;
        while (speaks_http2 && sent_.size() - at >= kFrameHead) {
            const std::size_t size = load_u32(&sent_[at]) >> 8U;
            CENOTE_CHECK(size <= kPayloadMax);
            at += kFrameHead + size;
            CENOTE_CHECK(at <= sent_.size());
        }
        CENOTE_CHECK(!speaks_http2 || at == sent_.size());
        session_.reset();
        CENOTE_CHECK(pool_.in_use() == 0);
    }
    void on_request(const Request& request) noexcept override {
        requested.reach();
        CENOTE_CHECK(session_->ended() == Ended::No);
        CENOTE_CHECK(request.body.size() <= 4000 && request.target.size() <= Stream::kSpace);
        if ((request.stream & 2U) != 0)
            respond(request.stream);
        else
            waiting_.push_back(request.stream);
    }

private:
    void respond(std::uint32_t stream) {
        static const std::vector<std::uint8_t> kBody(5000, 'b');
        session_->respond(stream,
                          {.status = 200,
                           .content_type = "a/b",
                           .allow = {},
                           .fresh = true,
                           .max_age_s = stream,
                           .body = ByteView(kBody).first((choice_ & 2U) != 0 ? 5000 : 50)},
                          now_);
    }
    void send() {
        std::vector<std::uint8_t> space(1000);
        while (const std::size_t size = session_->fill(space))
            sent_.insert(sent_.end(), space.begin(), space.begin() + static_cast<std::ptrdiff_t>(size));
    }

    std::uint8_t choice_;
    unsigned turn_ = 0;
    Ticks now_{seconds{1000}};
    StreamPool pool_{1000};
    std::unique_ptr<ServerSession> session_;
    std::vector<std::uint32_t> waiting_;
    std::vector<std::uint8_t> sent_;
};

}  // namespace

/// The first byte: how the server behaves; the second: the size of the pieces; bit 7 of the first: the preface is
/// there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    fuzz::Input input(data, size);
    const std::uint8_t choice = input.u8();
    const std::uint8_t eighths = input.u8();
    Server server((choice & 4U) != 0 ? Version::Http1 : Version::Http2, choice);
    if ((choice & 0x80U) != 0) server.feed(bytes_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    fuzz::in_pieces(input.rest(), eighths == 0 ? 8192 : std::size_t{eighths} * 8,
                    [&](ByteView piece) { server.feed(piece); });
    server.finish();
    return 0;
}
