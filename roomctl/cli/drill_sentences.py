"""What drills and probes say, in Chinese: sentences as `language.SENTENCES` has them.

The order counts: the first that fits is taken, so the more exact one stands first.
"""

# ruff: noqa: E501 - a sentence a line

from __future__ import annotations

from collections.abc import Mapping

_POWER = {
    "on": "已开机",
    "off": "已关机",
    "warming": "正在预热",
    "cooling": "正在冷却",
    "unknown": "电源状态未知",
}
_IN_USE = {
    "in_call": "正在通话",
    "laptop": "设备正由笔记本使用",
    "occupied": "有人在使用",
    "booked": "已有预订，或即将有预订",
    "calendar_unknown": "日历状态未知",
}
_LED = {"off-hook and mute": "摘机灯和静音灯", "off-hook": "摘机灯", "mute": "静音灯"}
_MICROPHONE = {"muted": "已静音", "open": "已打开", "not known": "状态未知"}


def _each(words: Mapping[str, str], english: str, chinese: str) -> Mapping[str, str]:
    """Return a sentence with each of some words in the place of `{which}`."""
    return {
        english.replace("{which}", one): chinese.replace("{which}", other)
        for one, other in words.items()
    }


DRILLS: Mapping[str, str] = {
    # of every kind
    "not over within {seconds} s": "{seconds} 秒内未完成",
    "was lost": "连接已断开",
    "{why}; a room that runs (`roomctl serve`) holds its ports: stop it for the drill": "{why}；正在运行的会议室（`roomctl serve`）占用其端口：验证前请先停止",
    "{why}; a room that runs (`roomctl serve`) holds it: stop it for the drill": "{why}；正在运行的会议室（`roomctl serve`）占用它：验证前请先停止",
    **_each(
        _IN_USE,
        "is not free ({which}); try again later",
        "无法检测：{which}；请稍后再试",
    ),
    **_IN_USE,
    "a self-test runs already; its report says how far it is": "自检已在进行；其报告会说明进度",
    "somebody wanted the room, or it took too long": "有人要使用会议室，或用时过长",
    "the room was restarted meanwhile, and its report is lost": "会议室在此期间已重新启动，自检报告已丢失",
    "the camera is stopped and back at its old position": "摄像机已停止，并恢复原状",
    "the camera was only asked, and is released": "只询问了摄像机，现已释放",
    "its lights are out, and it is on-hook": "指示灯已熄灭，已挂机",
    "the display is back in its old state": "显示设备已恢复原状",
    "its lights are switched off": "指示灯已熄灭",
    # cameras
    "its port cannot be opened": "无法打开其端口",
    "moves on its own": "自己在转动",
    "moves on its own; does it follow people?": "自己在转动；是否在跟踪人员？",
    "it does not report its position in degrees": "不以度数报告位置",
    "{model}, firmware {firmware} after {seconds} s; {more}": "{model}，固件 {firmware}，{seconds} 秒后应答；{more}",
    "{model}, firmware {firmware} after {seconds} s": "{model}，固件 {firmware}，{seconds} 秒后应答",
    "no profile knows {model}, so the drill tests only common functions": "没有 {model} 的型号文件，因此只验证所有摄像机共有的功能",
    "every preset has a name": "每个预置位都有名称",
    "does not stop": "没有停下来",
    "stopped, and in standby again": "已停止，并恢复待机",
    "stopped; near its old position, because its degrees are not known": "已停止；大致回到原位，因为不知道其度数",
    "has answered no question": "没有应答任何查询",
    "{axis} still moves {seconds} s after the stop": "{axis} 停止后 {seconds} 秒仍在转动",
    "still moves {seconds} s after the stop": "停止后 {seconds} 秒仍在转动",
    "driven {way}, it did not move; is something in its way?": "驱动方向 {way}，但没有转动；是否被挡住？",
    "did not accept a stop within {seconds} s": "{seconds} 秒内没有接受停止",
    "crept on by {units} units after the stop": "停止后又移动了 {units} 个单位",
    "does not report its position": "不报告位置",
    "went home and does not stop": "回原位后没有停下来",
    "does not say how far it is zoomed in, so it could not be put back": "不报告变焦位置，因此无法恢复",
    "was recalled and does not stop": "调用后没有停下来",
    "preset {number} stored, left and recalled in {seconds} s": "预置位 {number} 已存储、离开，并在 {seconds} 秒内调用",
    "moved, but does not report its position": "已转动，但不报告位置",
    "does not report its setting": "不报告其设置",
    "was set to {mode} and says {other}": "已设为 {mode}，但报告为 {other}",
    "is set to {mode}, and could not be set to that again": "设为 {mode}，且无法再次设为该值",
    "does not report its power": "不报告电源状态",
    "does not report whether it is on": "不报告是否开机",
    "does not go to standby": "没有进入待机",
    "does not switch on": "没有开机",
    "switched on in {seconds} s": "{seconds} 秒内开机",
    "{lights} switched on and off; check that you saw it": "{lights} 已点亮并熄灭；请确认是否如此",
    # speakerphones
    "not opened within {seconds} s": "{seconds} 秒内未能打开",
    "{model}, bcdDevice {firmware}, profile {profile}, after {seconds} s; known: {what}": "{model}，bcdDevice {firmware}，型号文件 {profile}，{seconds} 秒后应答；已知问题：{what}",
    "{model}, bcdDevice {firmware}, profile {profile}, after {seconds} s": "{model}，bcdDevice {firmware}，型号文件 {profile}，{seconds} 秒后应答",
    "{model}, profile {profile}, after {seconds} s": "{model}，型号文件 {profile}，{seconds} 秒后应答",
    **_each(
        _MICROPHONE,
        "its lights are out, it is on-hook; its microphone: {which}",
        "指示灯已熄灭，已挂机；麦克风：{which}",
    ),
    "it declares no call LED": "没有声明通话指示灯",
    **_each(
        _LED,
        "{which} on and off, written; not checked by a person; at most {ms} ms each",
        "{which}已写入亮灭，无人查看；每次至多 {ms} ms",
    ),
    **_each(
        _LED,
        "{which} on and off, seen; at most {ms} ms each",
        "{which}亮灭，已有人看到；每次至多 {ms} ms",
    ),
    "it has no hook": "没有摘挂机功能",
    "it does not confirm off-hook within {seconds} s; not every device does": "{seconds} 秒内没有确认摘机；并非每种设备都会确认",
    "confirms off-hook after {off} ms, on-hook after {on} ms": "{off} ms 后确认摘机，{on} ms 后确认挂机",
    "confirms off-hook after {off} ms": "{off} ms 后确认摘机",
    "it has no mute LED that it could confirm": "没有可确认的静音灯",
    "{count} reports counted as presses of mute; did somebody touch it?": "有 {count} 个报告被计为按下静音键；确定没有人碰过它吗？",
    "it does not confirm mute": "不确认静音",
    "confirms {count} of {all} mute writes, after {ms} ms at most": "{all} 次静音写入中确认了 {count} 次，至多 {ms} ms 后",
    "{count} writes, {mean} ms on average, {most} ms at most": "写入 {count} 次，平均 {mean} ms，最长 {most} ms",
    "this step needs a person to press a key; leave out --yes": "没有人在场按键；请去掉 --yes",
    "it has no mute key": "没有静音键",
    "no press of mute within {seconds} s": "{seconds} 秒内没有按下静音键",
    "one press of mute counted {count} times": "按一次静音键计为 {count} 次",
    "two presses, two reports to the room; each LED followed within {ms} ms": "按两次，会议室收到两次；指示灯每次在 {ms} ms 内跟随",
    "no [screen] in room.toml, so no sound server that could be measured": "room.toml 中没有 [screen]，因此没有可测量的声音服务器",
    "nothing could be measured: {why}": "无法测量：{why}",
    "muted, its microphone still gives {level} % of full scale": "静音后麦克风仍有满量程的 {level} %",
    "the sound server reported no level; does it have a microphone?": "声音服务器没有报告电平；它有麦克风吗？",
    "silent when muted, but also when open, so nothing is proven: speak meanwhile": "静音时无声，打开时也无声，因此不能证明什么：请在此期间说话",
    "muted: silence; open: {level} % of full scale at most": "静音：无声；打开：至多满量程的 {level} %",
    "{what}: a person did not see it; `roomctl speakerphone describe` shows its reports": "{what}：没有人看到；`roomctl speakerphone describe` 会显示其报告",
    "the off-hook light is on": "摘机灯亮着",
    "the mute light is on": "静音灯亮着",
    "its lights are out": "指示灯都已熄灭",
    "press mute on the device, within {seconds} s": "在 {seconds} 秒内按设备上的静音键",
    "press mute again on the device, within {seconds} s": "在 {seconds} 秒内再按一次设备上的静音键",
    "say something": "说句话",
    # displays
    **_each(
        _POWER,
        "{model}, {which}, lamp {hours} h, after {seconds} s",
        "{model}，{which}，灯泡 {hours} 小时，{seconds} 秒后应答",
    ),
    **_each(_POWER, "{model}, {which}, after {seconds} s", "{model}，{which}，{seconds} 秒后应答"),
    **_each(
        _POWER,
        "is {which}, and would be switched on; --power allows it",
        "{which}，验证会将其开机；用 --power 允许",
    ),
    **_each(_POWER, "is {which}, as before", "{which}，与原来相同"),
    "off after {off} s, on after {on} s": "{off} 秒后关机，{on} 秒后开机",
    "on after {on} s": "{on} 秒后开机",
    "told to be {wanted}, it is {power} after {seconds} s": "要求 {wanted}，{seconds} 秒后为 {power}",
    "does not report its input": "不报告当前输入源",
    "shows {input}; has inputs that it does not report": "显示 {input}；不报告有哪些输入源",
    "shows {input}; has {inputs}; {other}, and {again} again": "显示 {input}；有 {inputs}；切到 {other}，再恢复 {again}",
    "shows {input}; has {inputs}": "显示 {input}；有 {inputs}",
    "set to input {input}, it shows {other}": "已切到输入源 {input}，但显示 {other}",
    "does not report whether its picture is muted": "不报告画面是否关闭",
    "its picture is muted": "画面已关闭",
    "its picture is shown": "画面已显示",
    "muted and shown, read back": "画面已关闭并恢复，均已读回确认",
    "its picture was muted, but it reports that it is not": "已要求关闭画面，但它报告没有",
    "its picture was shown, but it reports that it is not": "已要求显示画面，但它报告没有",
    "its picture is dark": "画面是黑的",
    "its picture is there": "画面已出现",
    "it shows a picture": "它显示画面",
    "is not on": "没有开机",
    "reports none": "没有报告故障",
    "reports {faults}": "报告 {faults}",
    "{what}: a person did not see it, although the device reports it": "{what}：没有人看到，尽管它如此报告",
    "no answer within {seconds} s; {hint}": "{seconds} 秒内没有应答；{hint}",
    "no answer within {seconds} s": "{seconds} 秒内没有应答",
    # probes
    "USB camera {name} (also {node})": "USB 摄像机 {name}（也是 {node}）",
    "gamepad {name} (also {node})": "游戏手柄 {name}（也是 {node}）",
    "gamepad {name} (the first there is, now {node})": "游戏手柄 {name}（现有的第一个，目前是 {node}）",
    "gamepad {name} (this number changes)": "游戏手柄 {name}（此编号会变）",
    "USB sound with keys, at {port}; to share it with other programs: {url}": "带按键的 USB 音频设备，位于 {port}；要与其他程序共用：{url}",
    "a laptop switch that answers as {name}": "应答 {name} 协议的笔记本切换器",
    "a projector that answers PJLink ({mac})": "应答 PJLink 的投影机（{mac}）",
    "{port} (also {names})": "{port}（也是 {names}）",
    "a camera": "摄像机",
    "a camera answers at {speed} baud": "摄像机，以 {speed} 波特应答",
    "{model} answers at {speed} baud": "{model}，以 {speed} 波特应答",
    "no answer": "没有应答",
    "no answer at {speeds} on {url}; is the camera powered, and is the cable a crossed one?": "{url} 以 {speeds} 没有应答；摄像机通电了吗？线是交叉线吗？",
}
