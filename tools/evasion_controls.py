"""Ordinary texts that must stay silent: longer words, borders, numbers, words across punctuation, ids, verses."""

from __future__ import annotations

import hashlib
from typing import Final

_DIGEST: Final = hashlib.sha256(b"openbeian").hexdigest()

CONTROLS: Final = {
    "放行的长词（一）": "院子里剥下来的苹果树皮可以当柴烧。",
    "放行的长词（二）": "孩子们叫它云朵朵，天天抱着睡。",
    "放行的长词隔开写": "招牌上写着云 朵 朵，字很大。",
    "放行的拉丁长词": "There is no such thing as a pineapple tree in the yard.",
    "拉丁词界（一）": "Smoking is not allowed in the small room; the prism cracked.",
    "拉丁词界（二）": "She peeled a pineapple and polished the silverware.",
    "数字在更长的数字里": "订单号 2110045，电话转 11023，共 1100 件。",
    "数字带小数与分节": "合计 1,100.50 元，折 3.110 成，编号 1-10。",
    "跨句号": "天边飘来一片云。朵朵红花开满了山。水面很平。",
    "跨逗号": "他抬头看云，朵拉却看着花；青山，水田，人家。",
    "跨顿号": "图上画着山、水、云、石，东、西两面是墙。",
    "跨换行": "昨天看了一座山\n水库就在旁边\n天上有很多云\n朵拉说真好看",
    "跨空格的标题": "雨后见青山 水乡换新颜 市民争相拍云 朵朵似棉花",
    "英文散文": "The women in the office change the plan, then hang the long song on the wall.",
    "英文像拼音（一）": "A penguin can change its mind; the danger of a change is small.",
    "英文像拼音（二）": "Tan men gave them a fan and a pan in the dining hall.",
    "英文短词连排": "I am a map, a pp, a p l, and so on; see lever and sliver.",
    "十六进制摘要": f"sha256:{_DIGEST} 校验通过。",
    "像编码的编号": "会话 5Yid6Zmk-QmFzZTY0IGlzIG5vdA== 与 dGVzdA== 已过期。",
    "通用唯一标识": "编号 3f2504e0-4f89-11d3-9a0c-0305e82c3301 的设备在线。",
    "网址带编码": "见 https://example.cn/s?q=%E5%A4%A9%E6%B0%94&p=110px 的说明。",
    "网页片段": "<p>天气&nbsp;很好&amp;风不大</p><a href='x'>更多</a>",
    "诗": "空山不见人，但闻人语响。返景入深林，复照青苔上。",
    "诗行换行": "白日依山尽\n黄河入海流\n欲穷千里目\n更上一层楼",
    "表格行": "| 山 | 水库 | 云 | 朵 |\n|---|---|---|---|",
    "源程序": "for a in apps: print(a.pple, s.m, '\\n', 0x110, silver_lining)",
    "法语": "Été à Besançon : l’élève répète « où ça ? » près du château.",
    "俄语": "Мы видели горы, а река была тихой и светлой.",
    "成语近形": "未雨绸缪，日新月异，人入其中，土木士子。",
    "数目与单位": "一共八百个标准件，兵器库里另有 800 支。",
}
