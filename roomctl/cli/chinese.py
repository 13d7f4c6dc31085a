"""The help of the commands in Chinese: each English text, as it stands beside its command.

A text that has none yet stays English, and a test names it. Knows no command.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from roomctl.cli.language import language, say, translated

COLUMNS = 76
_KEPT = "\b"  # before a paragraph whose lines stay as they are


def in_chinese(command: Any) -> None:  # noqa: ANN401 - typer's, of any of its versions
    """Turn the help of a command, and of all below it, into Chinese."""
    if command.help in HELP:
        paragraphs = HELP[command.help].split("\n\n")
        command.short_help = paragraphs[0].rstrip("。")
        command.help = "\n\n".join(f"{_KEPT}\n" + "\n".join(_lines(one)) for one in paragraphs)
    if command.epilog:
        command.epilog = _epilog(command.epilog)
    for parameter in command.params:
        known = getattr(parameter, "help", None)
        if known in HELP:
            parameter.help = HELP[str(known)]
    command.get_help = _with_headings(command.get_help)
    command.get_usage = _with_headings(command.get_usage)
    for below in getattr(command, "commands", {}).values():
        in_chinese(below)


def complain(error: Any) -> int:  # noqa: ANN401 - typer's, of any of its versions
    """Tell what is wrong with a command line, in the locale's language; return the exit status."""
    if language() == "en" or type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return int(error.exit_code)
    lines = [say("usage.error", why=translated(_reworded(error.format_message())))]
    if (context := getattr(error, "ctx", None)) is not None:
        help_line = say("usage.help", command=context.command_path)
        lines = [context.get_usage(), help_line, "", *lines]
    sys.stderr.write("\n".join(lines) + "\n")
    return int(error.exit_code)


def _reworded(message: str) -> str:
    """Return an error of typer's without what pydantic says in front of it."""
    return message.replace("Value error, ", "").replace("Input should be ", "must be ")


_HEADINGS = {
    r"(?m)^Usage:": "用法：",
    r"(?m)^Options:": "选项：",
    r"(?m)^Commands:": "命令：",
    r"(?m)^(Positional a|A)rguments:": "参数：",
    r"Show this message and exit\.": "显示此帮助。",
    r"\[required\]": "[必填]",
    r"\[default: ": "[默认：",
    r"\[OPTIONS\]": "[选项]",
    r"COMMAND \[ARGS\]\.\.\.": "命令 [参数]...",
}
"""What typer's library itself writes into a help."""


def _with_headings(written: Callable[..., str]) -> Callable[..., str]:
    def chinese(context: object) -> str:
        text = written(context)
        for english, said in _HEADINGS.items():
            text = re.sub(english, said, text)
        return text

    return chinese


def _epilog(text: str) -> str:
    text = text.replace("Try it without hardware: ", "没有硬件也可试用：", 1)
    return text.replace("Example: ", "示例：", 1)


def _lines(text: str) -> Iterator[str]:
    """Yield a text in lines of so many columns; a Chinese sign takes two, and may end a line."""
    line, width, breaks = "", 0, 0
    for sign in text:
        columns = _columns(sign)
        if width + columns > COLUMNS and sign not in "，。；：）、":
            kept, rest = (line[:breaks], line[breaks:]) if breaks else (line, "")
            yield kept.rstrip()
            line, width, breaks = rest, sum(_columns(one) for one in rest), 0
        line, width = line + sign, width + columns
        if columns == 2 or sign == " ":
            breaks = len(line)
    yield line


def _columns(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


HELP: Mapping[str, str] = {
    "A meeting-room controller that belongs to no meeting vendor.": "不属于任何会议厂商的会议室控制器。",  # noqa: E501
    "Print the version.": "显示版本。",
    "Print version, commit, and the commit's date.\n\nA source tree without git has neither commit nor date: they are unknown.": "显示版本、提交和提交时间。\n\n没有 git 的源代码目录中没有提交和时间，显示为未知。",  # noqa: E501
    "Install completion for the current shell.": "为当前 shell 安装命令补全。",
    "Show completion for the current shell, to copy it or customize the installation.": "显示当前 shell 的补全脚本，供复制或修改。",  # noqa: E501
    "Run a room on its real hardware.": "在真实硬件上运行会议室。",
    "The room's room.toml.": "会议室的 room.toml。",
    "Record every port's bytes into this folder.": "把每个端口的字节记录到此文件夹。",
    "Log every frame.": "记录每一帧。",
    "Run a room on simulated hardware; all else is real.": "用模拟硬件运行会议室，其余都是真实的。",
    "A room.toml; default: a demo room.": "一个 room.toml；默认为演示会议室。",
    "HOST:PORT; default: the file's, port 0 picks one.": "HOST:PORT；默认用文件中的，端口 0 自动选择。",  # noqa: E501
    "Only the port.": "只指定端口。",
    "auto, headless, kiosk or simulated: who shows the meeting.": "auto、headless、kiosk 或 simulated：由谁显示会议。",  # noqa: E501
    "Offer the simulated hardware to other programs.": "向其他程序提供模拟的硬件。",
    "Open the panel in a browser.": "在浏览器中打开面板。",
    "Play a standard day's 200 starts, and end.": "演练标准一天的 200 次入会，然后结束。",
    "Which day --day plays.": "--day 演练哪一天。",
    "Print JSON, for programs.": "输出 JSON，供程序使用。",
    "Own the display and the browser of meetings.\n\nIt runs as an ordinary user; the daemon connects to its socket.": "掌管显示屏和会议浏览器。\n\n以普通用户运行；会议室程序连接到它的套接字。",  # noqa: E501
    "Where the room's daemon connects.": "会议室程序连接的位置。",
    "kiosk, headless or simulated.": "kiosk、headless 或 simulated。",
    "real, or fake: a test picture and tone.": "real，或 fake：测试画面和测试音。",
    "Become this user first, when started as root.": "以 root 启动时，先切换为此用户。",
    "The daemon's user id, if it is neither root nor mine.": "会议室程序的用户号（若既非 root 也非本用户）。",  # noqa: E501
    "Show only the touch panel, as a separate user.": "只显示触控面板：供其专用的用户使用。",
    "Own only the room's sound, behind a wall.": "只管会议室的声音，麦克风置于隔离墙之后。",
    "Leave the sound to `roomctl screen --sound`.": "声音交给 `roomctl screen --sound`。",
    "Show the room's status; exit status 1 unless it is ready.": "显示会议室状态；未就绪时退出码为 1。",  # noqa: E501
    "The room's API, such as http://bamboo:8080; on this box mine, or service.": "会议室的 API，例如 http://bamboo:8080；本机可写 mine 或 service。",  # noqa: E501
    "A file with the API token; default: $ROOMCTL_TOKEN_FILE.": "存放 API 令牌的文件；默认 $ROOMCTL_TOKEN_FILE。",  # noqa: E501
    "List what is wrong, and what to do about it.\n\nA condition that does not hold is listed too if no issue explains it. The exit status is 1 if\nanything is listed.": "列出有什么问题，以及如何处理。\n\n不成立的条件若没有对应的问题，也会列出。只要有任何一项，退出码为 1。",  # noqa: E501
    "List the devices: model, firmware, whether they answer.": "列出设备：型号、固件、是否应答。",
    "Install the newest version, once the room is free.\n\nIt goes back to the old version if the room gets worse. The exit status is 1 if no newer\nversion was installed.": "在会议室空闲时安装最新版本。\n\n若会议室因此变差，会自动退回。未能安装新版本时退出状态为 1。",  # noqa: E501
    "Only look for a newer version.": "只查找新版本。",
    "For the microphone: on, auto or off; on enables its unit.": "麦克风隔离：on、auto 或 off；on 会启用其服务单元。",  # noqa: E501
    "Install it not before this time, and do not wait.": "不早于该时间；命令不等待。",
    "Cancel the update that waits.": "不安装等待中的更新。",
    "Where to get versions from now on.": "今后从何处获得新版本。",
    "stable or beta, from now on.": "今后使用 stable 或 beta。",
    "The key that signs there, as gpg exports it; default: the package's.": "签名者的公钥（gpg 导出）；默认用软件包自带的。",  # noqa: E501
    "Follow what happens in the room, until Ctrl-C.\n\nWith --json a line is an event of the API: first the whole room, then sections that changed.": "持续显示会议室中发生的事，直到 Ctrl-C。\n\n用 --json 时每行是 API 的一个事件：先是整个会议室，然后是变化的部分。",  # noqa: E501
    "Send the room any command of its API.\n\n`roomctl --install-completion` makes the shell complete commands and keys.": "向会议室发出其 API 的任何命令。\n\n`roomctl --install-completion` 让 shell 补全命令和参数。",  # noqa: E501
    "A command; default: list them.": "一个命令；默认列出全部。",
    "What it takes.": "命令的参数。",
    "Join a meeting on the room's screen.\n\nAfter waiting, the exit status is 0 in the call, 3 if it failed, was left or was replaced, and\n4 if it still waits for somebody. Ctrl-C ends the wait, not the call.": "在会议室的显示屏上加入会议。\n\n等待之后的退出码：0 已入会；3 失败、已离开或被另一场会议取代；4 仍在等人。Ctrl-C 只结束等待，不结束通话。",  # noqa: E501
    "Wait for the call, and show its progress; default: on a terminal.": "等待入会，并说明进展；在终端上为默认。",  # noqa: E501
    "Seconds to wait at most.": "最多等待的秒数。",
    "A link, or an invitation's text; - reads stdin.": "链接或邀请全文；- 表示读取标准输入。",
    "Leave the meeting.": "离开会议。",
    "Mute the microphone; unmute it in the room itself.": "将会议室的麦克风静音；取消静音只能在室内进行。",  # noqa: E501
    "Print a link that makes one browser a panel.": "生成一个链接，把一个浏览器配对为面板。",
    "panel, door (the sign outside), or screen.": "panel、door（门口屏）或 screen（显示屏）。",
    "Check room.toml and profiles; touches no device.\n\nIt lists every mistake with its line. The exit status is 1 if there is one.": "检查 room.toml 和型号文件；不接触任何设备。\n\n列出每个错误及其行号。有错误时退出码为 1。",  # noqa: E501
    "room.toml files or device profiles.": "room.toml 文件或设备型号文件。",
    "List what is plugged in, as lines for room.toml.\n\nIt opens no port without --ask, and sends nothing without --network. That finds cameras\n(ONVIF, Sony, NDI, Axis) and projectors (PJLink class 2), and asks each what it is.": "列出已接入的设备，以及可写入 room.toml 的行。\n\n除非用 --ask，不会打开任何设备；除非用 --network，不会向网络发送任何数据。\n--network 查找摄像机（ONVIF、Sony、NDI、Axis）和投影机（PJLink 第 2 类），并逐台询问型号。",  # noqa: E501
    "Also open serial ports, and ask what is there.": "同时打开串口，询问所接的设备。",
    "Also search the network.": "同时搜索网络。",
    "Search only on this network interface; repeatable.": "只在此网络接口上搜索；可重复。",
    "Seconds that the search takes.": "搜索所用的秒数。",
    "Set up a room: probe, ask, write its file, start it.\n\nIt checks the file before it writes it. It waits until the room is ready; exit status 1 if it\nis not. Run again, it changes the answers that you give, or asks for each; the rest stays.": "设置会议室：探测、提问、写入文件并启动。\n\n写入前会先检查。它会等待会议室就绪；未就绪时退出码为 1。\n再次执行时，只更改给出的回答，或逐项提问；其余不变。",  # noqa: E501
    "Search the network for devices, too.": "同时在网络上搜索设备。",
    "What people call the room.": "会议室的名称。",
    "The panel's: en or zh-CN.": "面板的语言：en 或 zh-CN。",
    "Such as Asia/Shanghai.": "例如 Asia/Shanghai。",
    "Of new meetings; '' for none.": "新会议的平台；'' 表示没有。",
    "Its url; '' for none.": "日历的地址；'' 表示没有。",
    "HOST:PORT for panels and phones.": "面板和手机连接的 HOST:PORT。",
    "kiosk, headless or none.": "kiosk、headless 或 none。",
    "Ask nothing: accept what is proposed.": "不提问：采用建议的值。",
    "Write over a file that is there; a copy is kept.": "覆盖已有文件，并保留副本。",
    "Overwrite an existing file; a copy is kept.": "重新写入已有文件，并保留副本。",
    'Answers in a file, such as name = "Bamboo"; the rest as with --yes.': '文件中的回答，例如 name = "Bamboo"；其余与 --yes 相同。',  # noqa: E501
    "As root: run the safe commands, and check again.": "以 root 运行时：执行安全的命令，然后再次检查。",  # noqa: E501
    "As root: start the units, too.": "以 root 运行时，同时启动系统服务。",
    "Write a room into a file, without its secrets.\n\nThe file has room.toml, changes made on panels, the room's id, pictures of presets, and\nprofiles and platforms beside room.toml. It has no tokens, paired browsers, PIN or secrets.": "把会议室写入一个文件，不含机密。\n\n包括 room.toml、在面板上所做的更改、会议室标识、预置位图片，以及 room.toml 旁边的型号和平台文件。不包括令牌、已配对的浏览器、PIN 和机密。",  # noqa: E501
    "The archive to write.": "要写入的文件。",
    "Where the room keeps its state; default: the service's for a file in /etc.": "会议室保存状态的位置；/etc 中的文件默认用系统服务的。",  # noqa: E501
    "Make this box the room of an export.\n\nAfterwards pair browsers, make tokens and store secrets again.\n\nWith --room, a running room imports it and restarts; its secrets must be there already.": "把本机变成导出文件中的会议室。\n\n浏览器需重新配对，令牌需重新生成，机密需重新存入。\n\n用 --room 时，由正在运行的会议室接收并重新启动；所需机密必须已存入该设备。",  # noqa: E501
    "A file from `roomctl export`.": "`roomctl export` 写入的文件。",
    "Say what would be written, and write nothing.": "只说明将写入什么，不写入。",
    "Overwrite existing files; copies are kept.": "覆盖已有内容，并保留副本。",
    "Say what is wrong with this box, and what to type.\n\nIt checks the configuration, permissions, systemd, the disk, the clock, the display's programs,\nthe network and the running room. It changes nothing without --fix, which starts units and sets\npermissions, and installs nothing. Exit status 1 if something fails.": "检查本机有什么问题，以及该执行什么命令。\n\n检查配置、权限、systemd、磁盘、时钟、显示程序、网络和正在运行的会议室。没有 --fix 就不做任何更改；--fix 会启动服务、设置权限，不安装任何软件。有失败项时退出码为 1。",  # noqa: E501
    "Test a device step by step, and measure it.\n\nAfterwards the device is as it was before.\n\nA camera moves a little. A speakerphone's lights go on and off, and its muted microphone must\nbe silent.\n\nA display is only asked for its state, unless --power allows more.\n\nThe drill needs the device's port: stop the room first. Ctrl-C stops the device and puts it\nback.": "逐步验证一个设备，并给出数值。\n\n结束后恢复原状。\n\n摄像机会稍微转动。会议音箱的灯会亮灭，静音时必须没有声音。\n\n显示屏只会被询问，除非用 --power 让它动作。\n\n它需要独占设备的端口：请先停止会议室。Ctrl-C 会停止并恢复原状。",  # noqa: E501
    "Such as camera.front, display.wall; default: list them.": "例如 camera.front、display.wall；默认列出全部。",  # noqa: E501
    "Drill the simulated device instead.": "改为验证模拟设备。",
    "Camera: overwrite the last preset without a name.": "摄像机：覆盖最后一个没有名称的预置位。",
    "Camera or display: switch it off and on.": "摄像机或显示屏：关机再开机。",
    "Write the traffic of a camera's line into this file.": "把摄像机线路上的通信写入此文件。",
    "Leave out what needs a person to look, press or speak.": "没有人在场观看、按键或说话。",
    "Read an invitation, and say whether this room may open it.\n\nIt names the meeting. The exit status is 1 if the room refuses it.\n\nWith --lines, stdin holds one invitation in each line as JSON: a string, or an object of\ncalendar fields (DESCRIPTION, LOCATION, URL, ...); it prints one line for each.": "读取邀请，并判断此会议室能否打开。\n\n说明是哪个会议。被拒绝时退出码为 1。\n\n用 --lines 时，标准输入的每一行是一个 JSON 邀请：字符串，或日历字段的对象（DESCRIPTION、LOCATION、URL 等）；每个邀请输出一行。",  # noqa: E501
    "A room.toml, for its [meeting].": "一个 room.toml，用其中的 [meeting]。",
    "Print passcodes and tokens.": "显示密码和令牌。",
    "Read a JSON string or object of fields in each line.": "每行读取一个 JSON 字符串或字段对象。",
    'Read one day of a calendar as a room does.\n\nWith --json a list of objects, or {"error": ...} and exit status 1.': '像会议室那样读取日历的一天。\n\n用 --json 输出对象列表，或 {"error": ...} 且退出码为 1。',  # noqa: E501
    "An iCalendar file, an address, caldav:, graph: or google:; - reads stdin.": (
        "iCalendar 文件、地址，或 caldav:、graph:、google:；- 表示读取标准输入。"
    ),
    "A room.toml; without FILE|URL its own calendar.": (
        "room.toml 文件；不给出 FILE|URL 时读取其自己的日历。"
    ),
    "The day: an ISO date or time; default: today.": "日期：ISO 日期或时间；默认今天。",
    "The room's time zone, IANA's or Windows' name; default: this box's.": "会议室的时区，IANA 或 Windows 名称；默认用本机的。",  # noqa: E501
    "The room's address among the guests of a booking.": "预订的参会者中会议室自己的地址。",
    "A room.toml, for its zone and platforms.": "一个 room.toml，用其中的时区和平台。",
    "Explain VISCA frames. Opens no port.\n\nIt prints one line for each, or one object with --json.\n\nAfter a frame and a TAB you may write the inquiry that it answers; without it an answer stays\n`data`.\n\nNames begin with the subject, as zoom_tele or pan_tilt_absolute; an inquiry and its answer have\nthe same name.\n\nNumbers are raw, as on the wire, with their signs; a bit is true or false.": "解释 VISCA 帧的含义。不打开端口。\n\n每帧一行，或用 --json 每帧一个对象。\n\nTAB 之后可写该帧所应答的查询；没有则应答保持为 `data`。\n\n名称以主题开头，如 zoom_tele 或 pan_tilt_absolute；查询和应答同名。\n\n数值是线路上的原始值，带其符号；位为 true 或 false。",  # noqa: E501
    "Frames or VISCA-over-IP datagrams; - reads lines.": "VISCA 帧或 VISCA-over-IP 数据报；- 表示逐行读取。",  # noqa: E501
    "A trace, of `serve --trace` or from the API.": "`serve --trace` 或 API 生成的通信记录。",
    "Explain a HID report descriptor.\n\nIt says where each control is in the reports. No device is opened.\n\nA file holds the bytes, or hex, or what hid-recorder, usbhid-dump, xxd, hexdump -C or od -t x1\nprinted.\n\nBits count inside the payload, without the report ID, which is 0 if reports have none.": "解释 HID 报告描述符的声明。\n\n说明每个控件的位置。不打开设备。\n\n文件可以是字节、十六进制，或 hid-recorder、usbhid-dump、xxd、hexdump -C、od -t x1 的输出。\n\n位从净荷开始计数，不含报告号；没有报告号时为 0。",  # noqa: E501
    "A report descriptor; - reads hex.": "报告描述符；- 表示读取十六进制。",
    "Explain lines of PJLink. Opens no port.\n\nIt prints one line for each, or one object with --json.\n\nAfter a line and a TAB you may write the request that it answers; an answer to another request\nis an error.\n\nClass 1 and 2, over TCP and UDP; names of numbers end with the unit, as width_px.": "解释 PJLink 行的含义。不打开端口。\n\n每行输出一行，或用 --json 输出一个对象。\n\nTAB 之后可写该行所应答的请求；若是对其他请求的应答则为错误。\n\n支持 1 类和 2 类，TCP 和 UDP；数值的名称带单位，如 width_px。",  # noqa: E501
    "Lines, with or without their end; - reads lines.": "各行，有无行尾均可；- 表示逐行读取。",
    "Explain lines of a Panasonic camera.\n\nIt prints one line for each, or one object with --json. No port is opened.\n\nAfter a line and a TAB you may write the request that it answers; an answer to another request\nis an error.\n\nWithout it, `OAF:1` is read as a command, and `s06` as an answer to any command that it fits.\n\nDegrees count right and up; speeds are -49 to 49; presets count from 1, as people do.": "解释松下摄像机各行的含义。\n\n每行输出一行，或用 --json 输出一个对象。不打开端口。\n\nTAB 之后可写该行所应答的请求；若是对其他请求的应答则为错误。\n\n没有时，`OAF:1` 视为命令，`s06` 视为任何有此应答的命令。\n\n角度以右和上为正；速度为 -49 到 49，预置位从 1 开始计数。",  # noqa: E501
    "Lines, or a notice in hex; - reads lines.": "各行，或十六进制的通知；- 表示逐行读取。",
    "Measure how well presence is detected.": "用数值说明有无人员的判断有多准。",
    "Test presence detection on labelled samples.\n\nFor comparison, it also tests a plain hold time and a Bayes filter without memory.": "评判带标注的样本。\n\n同时给出简单保持法和无记忆贝叶斯法作对照。",  # noqa: E501
    "Labelled samples, as CSV of the UCI 864 format.": "带标注的样本，UCI 864 格式的 CSV。",
    "Kinds of sensors to use.": "使用哪些种类的感应器。",
    "Learn from all other days of FILE.": "用 FILE 的其他各天学习。",
    "Learn from this CSV, or take this .toml; else as shipped.": "用此 CSV 学习，或采用此 .toml；默认用自带的。",  # noqa: E501
    "Test presence detection on simulated weeks of a room.\n\nThey have meetings, people who sit still, and sensors with faults.": "评判虚构的若干周。\n\n其中有会议、静坐和故障的感应器。",  # noqa: E501
    "How many.": "多少周。",
    "The same seed gives the same weeks.": "相同的种子得到相同的周。",
    "VISCA cameras of a room.": "会议室的 VISCA 摄像机。",
    "Write a profile from a camera's answers.\n\nComplete it and send it in.\n\nThe camera is stopped, then only asked, for at most two and a half minutes: it is not moved or\nset.\n\nKeys that it gave no answer to are comments.\n\nIt needs the camera's port: stop the room first.": "根据摄像机的应答写出型号文件。\n\n可供补充和提交。\n\n先停止摄像机，之后只询问，最多两分半钟：不会转动，也不会设置。\n\n它不能回答的写成注释掉的键。\n\n它需要独占摄像机的端口：请先停止会议室。",  # noqa: E501
    "As in room.toml, such as front.": "room.toml 中的名称，例如 front。",
    "Ask the simulated camera instead.": "改为询问模拟摄像机。",
    "USB speakerphones on this box.": "本机的 USB 会议音箱。",
    "Give devices back to their driver after roomctl was killed.\n\nDevices that a running program holds stay with it. The next start does the same, or a replug.": "把被强行结束的 roomctl 占用的设备交还给其驱动。\n\n正在运行的程序所占用的不受影响。不执行此命令时，下次启动或重新插拔也会交还。",  # noqa: E501
    "Print all that is known about a speakerphone, never audio.\n\nYou can paste it into an issue.\n\nA room that runs here holds the device and is asked; else the device is opened for a moment.\n\nWith --json it is also a test: a file in tests/speakerphone/pasted.": "输出会议音箱的全部已知信息，绝不含声音。\n\n可直接粘贴到问题报告中。\n\n本机运行的会议室占用设备时会询问它；否则短暂打开设备。\n\n用 --json 时也是一个测试：tests/speakerphone/pasted 中的文件。",  # noqa: E501
    "As in room.toml, or a url; default: the first one.": "room.toml 中的名称或 url；默认第一个。",
    "A room.toml; then no running room is asked.": "一个 room.toml；此时不询问会议室。",
    "Seconds in which to press its keys.": "按键的秒数。",
    "Walkthroughs: how the room passes meeting pages.": "按演示过的方式通过会议网页。",
    "Say where a room would press on a picture of a page.\n\nIt was shown the control once, on another picture.\n\nEach line is an object with teach (PNG), at (x and y), look (PNG), and teach_also: more\npictures of the page as it was shown. A PNG is its bytes in base64, or the path of a file.\n\nFor each line it prints press, x and y; or press is null, and why says what is wrong.": "说明会议室会在网页图片上按哪里。\n\n控件曾在另一张图片上演示过一次。\n\n每行是一个对象：teach（PNG）、at（x 和 y）、look（PNG），以及 teach_also：演示时网页的更多图片。PNG 为其字节的 base64，或文件路径。\n\n每行输出 press、x 和 y；若 press 为 null，则 why 说明原因。",  # noqa: E501
    "Read a JSON object in each line of stdin.": "标准输入的每一行读取一个 JSON 对象。",
    "Tokens of programs: make, list, limit, revoke.": "程序的令牌：生成、列出、限制、吊销。",
    "Make a token for a program, and print it this once. No token opens the microphone.": "为程序生成令牌，只显示这一次。任何令牌都不能打开麦克风。",  # noqa: E501
    "The token's name.": "令牌的名称。",
    "People who sign in with a password: add, list, remove.": "用密码登录的人：添加、列出、删除。",
    "The name to sign in with.": "登录时使用的名称。",
    "The person's role.": "此人的角色。",
    "Let a person sign in with a password, not shown.\n\nIt has at least 10 characters. A known name gets the new password and role, and is signed out.\nA room that is not running reads them at its next start.": "允许一个人用密码登录，输入时不显示。\n\n密码至少 10 个字符。已有的人将换成新的密码和角色，并退出登录。未运行的会议室在下次启动时采用。",  # noqa: E501
    "List the people who may sign in, never the passwords.": "列出可以登录的人员，不显示密码。",
    "Remove a person, and end their sessions at once.": "不再允许此人登录，并立即结束其会话。",
    "Forget wrong passwords: the next try does not wait.": "清除密码错误记录：无需再等待即可重试。",
    "sensor: report what sensors see; read: look; auditor: and see who did what; operate: what people do; facilities: and see who did what; technician: devices and configuration; integration: what --may names; admin: all.": "sensor：报告感应器；read：查看；auditor：另可看操作记录；operate：人们所做的事；facilities：另可看操作记录；technician：设备和配置；integration：由 --may 指定；admin：全部。",  # noqa: E501
    "An integration's rights, besides seeing the room: pictures, view, listen, mute, meet, move, stop, operate, arrange, message, statistics, report.": "integration 除查看外的权限：pictures, view, listen, mute, meet, move, stop, operate, arrange, message, statistics, report。",  # noqa: E501
    "How many days it is valid; default: until revoked.": "有效天数；默认直到吊销。",
    "List the tokens, never the secrets.": "列出令牌，绝不显示其内容。",
    "Let a token do less, or end sooner.": "减少令牌的权限，或提前到期。",
    "Its scope from now on.": "今后的权限。",
    "End a token, and everything that uses it, at once.": "立即终止令牌及其所有使用。",
    "Browsers that were paired: list, revoke.": "已配对的浏览器：列出、吊销。",
    "List the paired browsers: panels, displays, phones.": "列出允许进入的浏览器：面板、显示屏、手机。",  # noqa: E501
    "End a browser's session at once; it must be paired again.": "立即结束浏览器的会话；之后需重新配对。",  # noqa: E501
    "Its id, as `session list` shows it.": "其标识，见 `session list`。",
    "The PIN that gives staff more rights on the panel.": "工作人员在面板上获得更多权限的 PIN。",
    "Set the staff PIN: 6 to 12 digits, not shown.\n\nEntering it on the panel gives the rights of [staff] there, for its minutes or until standby. A\nroom that is not running reads the PIN at its next start.": "设置工作人员 PIN：6 到 12 位数字，不显示。\n\n在面板上输入者在 [staff] 规定的分钟数内拥有其中的权限，或直到待机。未运行的会议室在下次启动时采用。",  # noqa: E501
    "Remove the staff PIN: the panel accepts none.": "不设工作人员 PIN：任何人都不能在面板上成为工作人员。",  # noqa: E501
    "Forget wrong PINs: the next try does not wait.": "清除错误的 PIN 次数：下一次无需等待。",
    "Say whether there is a staff PIN.": "显示是否设置了工作人员 PIN。",
    "List who did what, the newest last; or verify the record.": "列出谁做了什么，最新的在最后；或验证记录。",  # noqa: E501
    "All from this day or time on, such as 2026-11-26; default: the newest.": "从此日期或时刻起的全部，例如 2026-11-26；默认最新的。",  # noqa: E501
    "How many of the newest.": "最新的若干条。",
    "Check that the record is unchanged.\n\nThe exit status is 1 if an entry was changed, removed or moved.\n\nKeep the newest hash elsewhere: a user who can write the room's files could forge all of them.": "说明记录是否与写入时一致。\n\n若有记录被更改、删除或移动，退出码为 1。\n\n请在别处记下最新的哈希：能写入会议室文件的人可以伪造全部记录。",  # noqa: E501
    "Passwords and keys, by the names that room.toml has for them.": "密码和密钥，按 room.toml 中的名称。",  # noqa: E501
    "Store a secret, typed without echo or read from stdin.\n\nIt becomes a file that only the folder's owner can read: secrets/NAME beside room.toml, or in\nthe folder of [secrets].": "存入机密；输入时不显示，或从标准输入读取。\n\n它成为只有文件夹所有者可读的文件：room.toml 旁的 secrets/NAME，或 [secrets] 指定的位置。",  # noqa: E501
    "As in secret:NAME.": "secret:NAME 中的名称。",
    "List the names of secrets, never their values.": "列出机密的名称，绝不显示其内容。",
    "Delete a secret.": "删除机密。",
    "The room's configuration: show, compare, apply, take back.": "会议室的配置：查看、比较、应用、退回。",  # noqa: E501
    "A room.toml; - reads stdin.": "一个 room.toml；- 表示读取标准输入。",
    "As `config history` has it; 0 is room.toml.": "`config history` 中的编号；0 为 room.toml。",
    "As `config history` has it; default: the newest.": "`config history` 中的编号；默认最新的。",
    "Print the running configuration, or a revision, without secrets.\n\nHidden values that you do not change keep their value when you apply the text.": "输出当前配置或某个版本，不含机密。\n\n隐藏的值保持原样时，应用后仍为原来的值。",  # noqa: E501
    "Compare a file with the running configuration.\n\nIt also lists mistakes, and what would restart. The exit status is 1 if they differ.": "比较文件与当前配置。\n\n同时说明其中的错误，以及哪些部分会重新启动。有差异时退出码为 1。",  # noqa: E501
    "Run a file, and keep it as a revision.\n\nroom.toml does not change.\n\nA file from `config show` is refused if the configuration has changed since.": "运行一个文件，并保存为版本。\n\nroom.toml 不变。\n\n若配置此后已更改，`config show` 得到的文件会被拒绝。",  # noqa: E501
    "Why, for the history.": "原因，记入历史。",
    "List the revisions that are kept: when, by whom and why.": "列出保存的版本：时间、操作者和原因。",  # noqa: E501
    "Run an earlier revision again, or room.toml (0).": "恢复较早的版本，或 room.toml（0）。",
    "What an MQTT broker keeps for a room.": "MQTT 代理服务器中保留的会议室主题。",
    "Its id; default: this box's room.": "其标识；默认为本机的会议室。",
    "Even if a room with this id is connected now.": "即使此标识的会议室正连接在代理服务器上。",
    "Alerts to people, by mail or in a chat.": "通过邮件或群聊发送给人员的告警。",
    "NAME of [alert.NAME] in room.toml.": "room.toml 中 [alert.NAME] 的 NAME。",
    "Have the room send a test message to people.\n\nIt says whether the server accepted it; the exit status is 1 if not. Ask the people whether\nthey see it.": "让会议室向人员发送一条测试消息。\n\n会说明服务器是否接受；未接受时退出状态为 1。人员是否看到，只有他们自己知道。",  # noqa: E501
    "Delete what the broker keeps for a room.\n\nThis removes its state, its availability and its entities in Home Assistant. The broker is that\nof [mqtt] in the file. A room does this automatically when its id or prefix changes.": "清除代理服务器中保留的会议室主题。\n\n其状态、在线情况和 Home Assistant 发现的实体都会清除。代理服务器为文件中 [mqtt] 所指。标识或前缀已更改的会议室会自行清除。",  # noqa: E501
    "List the releases of bookings.": "列出预订的释放记录。",
    "Prove that the room can join on the new platform.\n\nIt takes the open meeting, or joins LINK. The meeting's media prove it, or a person who looked;\nthe plan notes which. If the call fails, the exit status is 3, as with `roomctl join`.": "把新平台上的一场会议记为证明。\n\n可以是当前打开的会议，或 LINK 所指的会议。由音视频证实，或由看过的人确认；会记录是哪一种。入会失败时以状态 3 退出，与 `roomctl join` 相同。",  # noqa: E501
    "A meeting on the new platform, to join first.": "新平台上的会议链接：先加入该会议。",
    "Move rooms to another meeting platform, and back.": "把会议室分阶段从一个会议平台迁移到另一个，也可返回。",  # noqa: E501
    "Show what a move means: a dry run, nothing changes.\n\nThe running room keeps its plan, for `apply`.": "逐个会议室说明迁移的影响：演练，不做任何更改。\n\n正在运行的会议室会保留其计划，供 `apply` 使用。",  # noqa: E501
    "The platform to leave.": "要离开的平台。",
    "The platform to move to.": "取代它的平台。",
    "Rooms to read from their files; default: the running room.": "从文件读取的会议室；默认正在运行的会议室。",  # noqa: E501
    "The day on which the default moves.": "默认平台切换的日期。",
    "The day from which its links are refused.": "从此日期起拒绝其链接。",
    "The standing meeting on the new platform.": "新平台上的固定会议。",
    "Write the bookings there, for Excel.": "把预订写入该文件，供 Excel 使用。",
    "Write bookings that die or are at risk as events.": "把失效或可能失效的预订写成日历事件。",
    "Write the drafts to organizers into this folder.": "把给组织者的草稿写入此文件夹。",
    "Show how far the move of one or many rooms is.\n\nFor files it shows what [meeting.leaving] says for today, and which bookings must still move.": "显示会议室（一间或多间）迁移的进度。\n\n对文件则显示 [meeting.leaving] 今天所处的阶段，以及仍需更改的预订。",  # noqa: E501
    "I looked: the room is in the meeting.": "我看过：会议室已在会议中。",
    "Apply the next stage of the plan, from its day on.": "应用计划的下一阶段：从其日期起的一个配置版本。",  # noqa: E501
    "dual, default, join_only or ended; default: the next one.": "dual、default、join_only 或 ended；默认下一个。",  # noqa: E501
    "Accept that some bookings cannot be joined any more.": "已知悉将失效的预订。",
    "Wait until the room is free.": "等会议室无人使用时再生效。",
    "Undo a stage, or the whole move, byte for byte; or drop a plan.": "逐字节撤回一个阶段或整个迁移；或放弃计划。",  # noqa: E501
    "Go back to before this stage; default: before all.": "退回到此阶段之前；默认退回到全部之前。",
    "List the walkthroughs, with tries and misses.": "列出会议室学过的操作，及尝试和失败次数。",
    "Say step by step what the room does on a page.": "逐步说明会议室在网页上的操作。",
    "As `roomctl walkthrough list` names it.": "`roomctl walkthrough list` 中的名称。",
    "Write its pictures into this folder.": "把其图片写入此文件夹。",
    "Write a walkthrough as a file, for rooms like this one.": "把操作演示写成文件，供屏幕和语言相同的会议室使用。",  # noqa: E501
    "Import walkthroughs that another room was shown.": "让会议室采用另一会议室学过的操作。",
    "Files from `export`, or a folder.": "`export` 写入的文件，或其所在的文件夹。",
    "Accept files that another room signs with a new key.": "让会议室接受另一会议室用新密钥签名的文件。",  # noqa: E501
    "The other room's id.": "另一会议室的标识。",
    "Fingerprint of its new key: sha256: and 64 digits.": "其新密钥的指纹：sha256: 加 64 位十六进制数字。",  # noqa: E501
    "Its name here; default: as FILE.": "在此处的名称；默认同 FILE。",
    "Forget a walkthrough.": "让会议室忘记一个操作演示。",
}

COMMANDS: Mapping[str, str] = {
    "audio.device": "改用另一台会议音箱：只能在会议室内操作，通话中不可",
    "audio.gain": "设置麦克风增益（百分比）：可能打开麦克风，因此只能在会议室内操作",
    "audio.mute": "将麦克风静音；取消静音只能在会议室内操作",
    "audio.talk_hint": "本次会议中是否提示有人在静音时讲话",
    "audio.test": "在通话之外播放测试音；`result` 说明麦克风是否听到",
    "audio.volume": "设置扬声器音量（百分比）",
    "booking.check_in": "为预订签到：不再释放；已释放的重新占用",
    "booking.end_now": "结束正在进行的预订；已经结束的视为完成",
    "booking.extend": "延长正在进行的预订，最多到下一个预订开始",
    "booking.keep_series": "保留建议释放的系列预订，并重新计数；已保留的不变",
    "booking.release": "释放已经开始或可以加入的预订；已释放的不变",
    "booking.release_series": "释放无人参加的系列预订在四周内的场次，最多 40 场",
    "booking.reserve": "从现在起预订会议室，最多到下一个预订开始",
    "booking.undo": "撤销最近对预订的更改（`booking_changes`）；已撤销的不变",
    "byom.give": "把会议室的摄像机和会议音箱交给桌上的笔记本；通话中不可",
    "byom.take": "从笔记本收回会议室的摄像机和会议音箱",
    "camera.backlight": "开启或关闭逆光补偿",
    "camera.delete_preset": "删除一个预置位，及其名称和画面",
    "camera.drive": "移动摄像机，最长 `lease_ms`；重复发送可持续移动",
    "camera.exposure": "设置曝光模式：摄像机 `modes.exposure` 中的一种",
    "camera.exposure_compensation": "曝光调亮或调暗若干级，在 `modes.exposure_compensation` 范围内",
    "camera.focus": "自动或手动对焦、对焦一次、对到无穷远，或到指定位置（0 远，100 近）",
    "camera.goto": "转到指定角度或变倍；到达后完成；未写的保持不变",
    "camera.home": "回到初始位置",
    "camera.ir_receive": "接受或锁定红外遥控器",
    "camera.menu": "打开或关闭摄像机自己的菜单；画面中所有人都能看到",
    "camera.menu_key": "按已打开的菜单中的键：`modes.menu` 中的一个",
    "camera.name": "为预置位命名；留空则用 room.toml 中的名称；重启后保留",
    "camera.power": "打开摄像机，或使其待机",
    "camera.raw": "发送十六进制的 VISCA 帧，头和 FF 都写或都不写",
    "camera.recall": "转到预置位",
    "camera.relative": "从当前位置转动若干度；到达后完成；可能已移动时为 `unknown`",
    "camera.stop": "停止云台和变倍；正在对焦的也停止",
    "camera.store": "保存当前位置为预置位，并命名",
    "camera.tally": "点亮 `modes.tally` 中的指示灯，直到另行指示；或全部熄灭",
    "camera.tracking": "开启或关闭人物跟踪",
    "camera.white_balance": "设置白平衡：`modes.white_balance` 中的一种；one_push 为立即测量",
    "camera.zoom": "变倍到指定位置，0 最广，100 最远；到达后完成",
    "device.restart": "重新打开设备的端口，或将设备关闭再打开；通话中须写 `force`",
    "display.input": "切换已开机的显示屏的输入",
    "display.picture_mute": "隐藏或恢复已开机的显示屏的画面；灯泡保持点亮",
    "display.power": "打开或关闭显示屏；正在冷却的，待其允许时再打开",
    "help.close": "关闭一个问题报告，其附带的内容一并删除",
    "help.report": "向维护人员报告故障，附上会议室状态和日志末尾",
    "look.set_theme": "面板和显示屏用浅色、深色或高对比度；auto：按 room.toml",
    "meeting.cards_seen": "不再显示已离开平台的说明卡片：变化已在此读过",
    "meeting.enter_passcode": "在页面要求密码而会议室会填写时，填入密码；不作保存",
    "meeting.fallback": "换一种方式开会：用邀请中的另一个链接，或在 [meeting] fallback 上新建",
    "meeting.join": "打开会议：预订、链接、邀请全文、常用会议或会议号",
    "meeting.leave": "离开会议；离开后才算完成",
    "meeting.new": "在某平台上发起新会议；未指定时用会议室的默认平台",
    "meeting.press_join": "在会前页面上按下完成加入的键（已知该平台的按键时）",
    "meeting.read": "说明从链接或邀请文本中读出什么，不打开任何内容",
    "meeting.rejoin": "重新加入上次的会议：在崩溃之后，或网络恢复后",
    "meeting.stay": "会议音箱上已挂断，但仍留在会议中；只能在会议室内操作",
    "room.clear_message": "不再显示消息",
    "room.message": "在面板和显示屏上显示一段文字若干秒，取代先前的消息",
    "room.postpone": "不执行已预告的操作；以后可能再次预告",
    "room.restart": "重新启动程序：立即（通话中须写 `force`），或待无人使用会议室时",
    "room.roll_back": "恢复某一修订的设置（`GET /api/v1/settings`），作为新的修订",
    "room.standby": "使面板和显示屏待机",
    "room.undo": '撤销一项操作，在可能的范围内；被拒时 "nothing_to_undo" 说明原因',
    "room.wake": "唤醒面板和显示屏",
    "screen.close_window": "关闭网页在会议之上打开的窗口；会议继续",
    "screen.key": "在页面上按键；`back` 返回上一页",
    "screen.press": "点按显示屏画面上的一处，如同用手指",
    "screen.scroll": "在一处滚动页面，以滚轮格数计",
    "screen.type": "在页面的焦点处输入文字；可以是密码，不作保存",
    "selftest.run": "在无人使用会议室时，检测所有可检测的设备，或其中一台",
    "storage.acknowledge": "确认已知晓损坏的文件",
    "update.cancel": "不安装等待中的更新，并确认已知晓上次更新的结果",
    "update.check": "查找程序的新版本；结果在会议室文档中",
    "update.install": "在会议室空闲时安装最新版本，不早于 `at`（会议室时间）",
    "walkthrough.begin": "从现在起记住人如何通过此页面；已点按过的页面重新打开",
    "walkthrough.discard": "放弃已演示的步骤，继续操作而不被记录",
    "walkthrough.keep": "保存已演示的步骤",
    "walkthrough.name": "保存已选取的图像：出现它的页面是等候室、障碍或结束页",
    "walkthrough.pick": "选取页面上一处的图像，以便命名；不点按任何东西",
    "walkthrough.stop": "会议室不再自动通过此页面，由人继续操作",
}
"""What each command of the API does, as `roomctl do` lists them."""
