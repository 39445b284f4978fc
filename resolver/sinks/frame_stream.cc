// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/frame_stream.h"

#include <fstrm.h>

#include <span>
#include <string_view>
#include <utility>

#include "resolver/sinks/connection.h"

namespace cenote::sinks {
namespace {

constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";

class FrameStream final : public Receiver {
public:
    explicit FrameStream(Destination to) : to_(std::move(to)) {}
    ~FrameStream() override { close(); }
    FrameStream(const FrameStream&) = delete;
    FrameStream& operator=(const FrameStream&) = delete;

    Status open(Waiter& waiter) override {
        auto opened = Connection::open(to_, waiter);
        if (!opened) return std::move(opened).error();
        connection_ = std::move(*opened);
        broken_ = false;
        error_ = "it does not accept Frame Streams of dnstap";
        make_writer();
        if (writer_ != nullptr && fstrm_writer_open(writer_) == fstrm_res_success) return Done{};
        Error why{error_};
        broken_ = true;
        close();
        return why;
    }

    Status send(const std::string& frame, const std::function<void()>& on_late) override {
        on_late_ = &on_late;
        const fstrm_res result = fstrm_writer_write(writer_, frame.data(), frame.size());
        on_late_ = nullptr;
        if (result == fstrm_res_success) return Done{};
        broken_ = true;
        return Error{error_};
    }

    Status look() override {
        auto looked = connection_->look();
        if (!looked) broken_ = true;
        return looked;
    }

    /// Over a connection that works, the stream is finished first.
    void close() noexcept override {
        if (writer_ != nullptr) fstrm_writer_destroy(&writer_);
        connection_.reset();
    }
    int fd() const noexcept override { return connection_->fd(); }

private:
    void make_writer() {
        fstrm_writer_options* options = fstrm_writer_options_init();
        fstrm_writer_options_add_content_type(options, kContentType.data(), kContentType.size());
        fstrm_rdwr* way = fstrm_rdwr_init(this);
        fstrm_rdwr_set_open(way, [](void*) { return fstrm_res_success; });
        fstrm_rdwr_set_close(way, [](void*) { return fstrm_res_success; });
        fstrm_rdwr_set_read(way, [](void* self, void* data, std::size_t size) {
            return static_cast<FrameStream*>(self)->read({static_cast<std::uint8_t*>(data), size});
        });
        fstrm_rdwr_set_write(way, [](void* self, const iovec* pieces, int count) {
            return static_cast<FrameStream*>(self)->write({pieces, static_cast<std::size_t>(count)});
        });
        writer_ = fstrm_writer_init(options, &way);
        if (way != nullptr) fstrm_rdwr_destroy(&way);
        fstrm_writer_options_destroy(&options);
    }

    fstrm_res result_of(const Status& status) {
        if (status) return fstrm_res_success;
        error_ = status.error().text;
        broken_ = true;
        return fstrm_res_failure;
    }

    fstrm_res read(MutableBytes bytes) {
        if (broken_) return fstrm_res_failure;
        return result_of(connection_->read(bytes));
    }

    /// A frame and its length leave together.
    fstrm_res write(std::span<const iovec> pieces) {
        if (broken_) return fstrm_res_failure;
        together_.clear();
        for (const iovec& piece : pieces) together_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        return result_of(connection_->write(bytes_of(together_), [this] {
            if (on_late_ != nullptr) (*on_late_)();
        }));
    }

    const Destination to_;
    std::unique_ptr<Connection> connection_;
    fstrm_writer* writer_ = nullptr;
    const std::function<void()>* on_late_ = nullptr;  // of the frame that is being sent
    std::string together_;
    std::string error_;
    bool broken_ = false;
};

}  // namespace

std::unique_ptr<Receiver> make_frame_stream(Destination to) { return std::make_unique<FrameStream>(std::move(to)); }

}  // namespace cenote::sinks
