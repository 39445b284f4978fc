// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/zone_keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include "blocklists/list_store.h"
#include "resolver/base/log.h"
#include "resolver/config/config.h"
#include "resolver/daemon/zone_increments.h"
#include "resolver/domainset/publish.h"
#include "resolver/transfer/incoming.h"

extern char** environ;

namespace cenote::daemon {
namespace {

constexpr unsigned kFileMode = 0644;
constexpr std::size_t kZoneBytesMax = std::size_t{4} << 30;
constexpr seconds kRefreshMin{1};
constexpr seconds kRefreshMax{86400};
constexpr seconds kRetryFirst{5};
constexpr seconds kBusyPause{1};
constexpr seconds kPauseAfterRefresh{1};

Path socket_beside(const Path& set) { return Path(set).concat(".zones"); }
constexpr mode_t kSocketMode = 0660;  // the daemon is in the group of the folder

sockaddr_un address_of(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    std::memcpy(address.sun_path, text.c_str(), std::min(text.size(), sizeof address.sun_path - 1));
    return address;
}

ByteView bytes_of(const std::string& text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// The tool beside this program, or where packages put it.
Path tool() {
    std::error_code error;
    const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const Path beside = self.parent_path() / "cenote";
    return !error && std::filesystem::exists(beside, error) ? beside : Path("/usr/bin/cenote");
}

/// What it prints goes to our stderr; false: it failed, or could not be run.
bool compile_and_publish(const Path& config) {
    const std::string program = tool().string();
    std::array<std::string, 5> words{program, "--config", config.string(), "update", "--local"};
    std::array<char*, 6> arguments{};
    std::transform(words.begin(), words.end(), arguments.begin(), [](std::string& word) { return word.data(); });
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        log::error("cannot run {}: {}", program, std::strerror(failed));
        return false;
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// One zone and its thread.
class Keeper {
public:
    Keeper(const config::Settings& settings, transfer::KeptZone zone, std::mutex& compiling, ZoneIncrements& increments)
        : settings_(settings), zone_(std::move(zone)), compiling_(compiling), increments_(increments) {
        for (const transfer::TsigKey& key : settings.transfer.keys)
            if (zone_.key && key.name == *zone_.key) key_ = key;
        thread_ = std::thread([this] { run(); });
    }
    ~Keeper() {
        stop_ = true;
        wake_.notify_all();
        thread_.join();
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    [[nodiscard]] const transfer::KeptZone& zone() const noexcept { return zone_; }
    void ask_now() {
        const std::lock_guard lock(mutex_);
        notified_ = true;
        wake_.notify_all();
    }

private:
    void run() {
        read_from_disk();
        uncompiled_ = data_ && (expired_ || !compiled());
        if (uncompiled_) publish();
        last_contact_ = ticks_now();
        seconds retry = kRetryFirst;
        while (!stop_) {
            const Status done = refresh();
            if (done) {
                last_contact_ = ticks_now();
                retry = kRetryFirst;
                wait(std::clamp(seconds(soa_.refresh), kRefreshMin, kRefreshMax));
                continue;
            }
            if (stop_) return;
            log::warning("zone {}: {}", name(), done.error().text);
            note_error(done.error().text);
            expire_when_due();
            const seconds asked = std::clamp(seconds(soa_.retry), kRefreshMin, kRefreshMax);
            wait(soa_.retry != 0 ? std::min(retry, asked) : retry);
            retry = std::min(2 * retry, kRefreshMax);
        }
    }

    Status refresh() {
        const transfer::Incoming incoming(zone_, key_ ? &*key_ : nullptr, {}, stop_);
        const auto soa = incoming.ask_soa();
        if (!soa) return soa.error();
        if (data_ && soa->serial != data_->soa.serial && !transfer::is_later(soa->serial, data_->soa.serial))
            return Error{fmt::format("the serial at {} went back from {} to {}; what is here stays",
                                     zone_.primary.to_string(), data_->soa.serial, soa->serial)};
        soa_ = *soa;
        if (data_ && data_->soa.serial == soa->serial) {
            const bool word_lost = refused_ && failing_;  // our own error stands where the guard's word was
            clear_error();
            if (expired_)
                revive();
            else if (uncompiled_ || word_lost)
                publish();
            note_contact();
            return Done{};
        }
        auto data = incoming.transfer(data_ ? &*data_ : nullptr);
        if (!data && data_) {  // increments that do not fit: the whole zone then
            log::warning("zone {}: {}; asking for the whole", name(), data.error().text);
            data = incoming.transfer(nullptr);
        }
        if (!data) return data.error();
        if (!*data) return Done{};
        return take(std::move(**data));
    }

    Status take(transfer::ZoneData data) {
        const Path path = blocklists::ListStore(settings_.set).zone_path(zone_.list);
        const std::string text = transfer::to_master_file(zone_.zone, data);
        std::error_code ignored;
        std::filesystem::create_directory(path.parent_path(), ignored);
        if (auto written = publish_file(path, bytes_of(text), kFileMode); !written) return written;
        std::filesystem::remove(blocklists::ListStore(settings_.set).zone_expired_path(zone_.list), ignored);
        const bool may_be_small = data_.has_value() && !expired_;
        expired_ = false;
        soa_ = data.soa;
        log::notice("zone {}: serial {}, {} records", name(), data.soa.serial, data.records.size());
        const Sha256Digest digest = sha256(bytes_of(text));
        const bool done = may_be_small && put_beside({data, digest});
        data_ = std::move(data);
        digest_ = digest;
        uncompiled_ = !done;
        refused_ = false;
        if (uncompiled_) publish();
        return Done{};
    }

    /// False: all must be compiled.
    bool put_beside(const KeptVersion& now) {
        const std::lock_guard lock(compiling_);
        const auto done = increments_.apply(zone_.list, {*data_, digest_}, now);
        if (!done) log::warning("zone {}: {}; all is compiled", name(), done.error().text);
        if (done && *done) clear_error();
        return done && *done;
    }

    /// Another update may be at work; ours comes after it. What did not come to pass is tried again at the next
    /// refresh.
    void publish() {
        const std::lock_guard lock(compiling_);
        for (int i = 0; i < 60 && !stop_; ++i) {
            if (domainset::lock_for_publishing(settings_.set, kBusyPause)) {  // and let go at once, for the tool
                refused_ = !compile_and_publish(settings_.file);
                // A guard that refuses has its word beside the list: that is an end too.
                uncompiled_ = refused_ && blocklists::ListStore(settings_.set).status(zone_.list).error.empty();
                if (!uncompiled_) return;
            }
            std::unique_lock waiting(mutex_);
            wake_.wait_for(waiting, kBusyPause, [&] { return stop_ || notified_; });
            if (notified_) return;  // perhaps there is something newer
        }
    }

    /// The copy that serves is as good as new, unless the guard refused what the primary has. Not while somebody
    /// compiles: a file that changes while it is read is no good copy.
    void note_contact() {
        const auto lock = domainset::lock_for_publishing(settings_.set);
        if (!lock || uncompiled_ || !blocklists::ListStore(settings_.set).status(zone_.list).error.empty()) return;
        if (auto confirmed = blocklists::ListStore(settings_.set).confirm_copy(zone_.list); !confirmed)
            log::warning("zone {}: {}", name(), confirmed.error().text);
    }

    /// Whoever kept the zone before us may have been killed between writing it and having it compiled.
    [[nodiscard]] bool compiled() const {
        std::error_code none;
        const auto written =
            std::filesystem::last_write_time(blocklists::ListStore(settings_.set).zone_path(zone_.list), none);
        const auto taken =
            std::filesystem::last_write_time(blocklists::ListStore(settings_.set).copy_path(zone_.list), none);
        return !none && taken >= written;
    }

    /// A zone whose primary was not heard of for so long is used no more (RFC 1034 §4.3.5).
    void expire_when_due() {
        if (expired_ && uncompiled_) publish();
        if (expired_ || !data_ || soa_.expire == 0) return;
        if (ticks_now() - last_contact_ < seconds(soa_.expire)) return;
        log::error("zone {}: {} was not heard of for {} s: the zone has expired and closes nothing", name(),
                   zone_.primary.to_string(), soa_.expire);
        expired_ = true;
        uncompiled_ = true;
        static_cast<void>(
            publish_file(blocklists::ListStore(settings_.set).zone_expired_path(zone_.list), {}, kFileMode));
        publish();
    }

    /// The primary vouches again for what we have.
    void revive() {
        log::notice("zone {}: the primary is there again, with the serial {} that is here", name(), data_->soa.serial);
        std::error_code ignored;
        std::filesystem::remove(blocklists::ListStore(settings_.set).zone_expired_path(zone_.list), ignored);
        expired_ = false;
        uncompiled_ = true;
        publish();
    }

    /// NOTIFY that comes while the primary is asked, or soon after, makes one more question and not one each (RFC 1996
    /// §4.4): its source is easily forged.
    void wait(seconds limit) {
        std::unique_lock lock(mutex_);
        const auto pause = std::min(limit, kPauseAfterRefresh);
        wake_.wait_for(lock, pause, [&] { return stop_.load(); });
        wake_.wait_for(lock, limit - pause, [&] { return stop_ || notified_; });
        notified_ = false;
    }

    /// What we wrote in a run before: increments begin there.
    void read_from_disk() {
        const auto text = read_file(blocklists::ListStore(settings_.set).zone_path(zone_.list), kZoneBytesMax);
        if (!text) return;
        data_ = transfer::from_master_file(zone_.zone, *text);
        if (!data_) return;
        digest_ = sha256(bytes_of(*text));
        soa_ = data_->soa;
        std::error_code none;
        expired_ = std::filesystem::exists(blocklists::ListStore(settings_.set).zone_expired_path(zone_.list), none);
    }

    void note_error(const std::string& text) {
        std::error_code ignored;
        const Path path = blocklists::ListStore(settings_.set).error_path(zone_.list);
        std::filesystem::create_directory(path.parent_path(), ignored);
        static_cast<void>(publish_file(path, bytes_of(text + "\n"), kFileMode));
        failing_ = true;
    }
    void clear_error() {
        std::error_code ignored;
        if (failing_) std::filesystem::remove(blocklists::ListStore(settings_.set).error_path(zone_.list), ignored);
        failing_ = false;
    }
    [[nodiscard]] std::string name() const { return zone_.zone.to_string(); }

    const config::Settings& settings_;
    transfer::KeptZone zone_;
    std::optional<transfer::TsigKey> key_;
    std::mutex& compiling_;
    ZoneIncrements& increments_;              // used with compiling_ held
    std::optional<transfer::ZoneData> data_;  // as it is on disk: what increments are applied to
    Sha256Digest digest_{};                   // of its master file
    transfer::Soa soa_;
    Ticks last_contact_{};
    bool expired_ = false;
    bool uncompiled_ = false;  // what is on disk is not in the set yet
    bool refused_ = false;     // nor will be: the guard does not take it
    bool failing_ = false;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::condition_variable wake_;
    bool notified_ = false;
    std::thread thread_;
};

/// All zones of one configuration.
struct Keeping {
    explicit Keeping(config::Settings read) : settings(std::move(read)) {
        for (const transfer::KeptZone& zone : settings.transfer.kept)
            keepers.push_back(std::make_unique<Keeper>(settings, zone, compiling, increments));
        log::notice("keeping {} zones", keepers.size());
    }
    config::Settings settings;
    std::mutex compiling;
    ZoneIncrements increments{settings.file};
    std::vector<std::unique_ptr<Keeper>> keepers;
};

UniqueFd listen_beside(const Path& set) {
    const Path path = socket_beside(set);
    const sockaddr_un address = address_of(path);
    ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), kSocketMode) != 0)
        log::warning("cannot listen on {}: {}; NOTIFY is not passed on, zones are asked for when it is time",
                     path.string(), std::strerror(errno));
    return fd;
}

UniqueFd take_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// nullptr: the configuration has mistakes, which are told; what runs goes on.
std::unique_ptr<Keeping> start_keeping(const Path& config) {
    Diagnostics diagnostics;
    auto settings = config::load(config, diagnostics);
    if (settings) return std::make_unique<Keeping>(std::move(*settings));
    for (const Diagnostic& diagnostic : diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Error) log::error("{}", diagnostic.to_string());
    return nullptr;
}

}  // namespace

void tell_zone_keeper(const Path& set, std::string_view what) {
    const sockaddr_un address = address_of(socket_beside(set));
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::sendto(fd.get(), what.data(), what.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address),
                               sizeof address));  // nobody may be there
}

int run_transfer(const Path& config) {
    const UniqueFd signals = take_signals();
    auto keeping = start_keeping(config);
    if (keeping == nullptr) return 1;
    if (keeping->keepers.empty()) return 0;
    const UniqueFd news = listen_beside(keeping->settings.set);
    for (;;) {
        std::array<pollfd, 2> all{{{signals.get(), POLLIN, 0}, {news.get(), POLLIN, 0}}};
        if (::poll(all.data(), all.size(), -1) < 0 && errno != EINTR) return 1;
        bool reload = false;
        signalfd_siginfo signal{};
        while (::read(signals.get(), &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
            if (signal.ssi_signo != SIGHUP) {
                ::unlink(socket_beside(keeping->settings.set).c_str());
                return 0;
            }
            reload = true;
        }
        std::array<char, 512> text{};
        for (ssize_t size = 0; (size = ::recv(news.get(), text.data(), text.size(), 0)) > 0;) {
            const std::string_view what(text.data(), static_cast<std::size_t>(size));
            reload = reload || what == "reload";
            for (auto& keeper : keeping->keepers)
                if (keeper->zone().zone.to_string() == what) keeper->ask_now();
        }
        if (!reload) continue;
        Diagnostics ignored;
        const auto next = config::load(config, ignored);
        if (!next || next->transfer == keeping->settings.transfer) continue;
        keeping.reset();  // before the next one asks for the same zones
        keeping = start_keeping(config);
        if (keeping == nullptr) return 1;
        if (keeping->keepers.empty()) return 0;
    }
}

}  // namespace cenote::daemon
