"""A small valid instance as the text of its files: every table in use, two applications."""

from __future__ import annotations

from pathlib import Path

TINY: dict[str, str] = {
    "instance.json": """{
  "format_version": 1,
  "name": "tiny",
  "hosting": "fluid",
  "latency_percentile": "p50",
  "description": "two applications"
}
""",
    "sites.csv": """site,tier
phone,device
edge,edge
cloud,cloud
""",
    "pools.csv": """pool,site,hardware,units,speed,memory_gb,max_utilization,price_per_unit_hour,billing,max_units,scope
phone-cpu,phone,cpu,1,0.5,4,1,0,usage,,query
edge-gpu,edge,gpu,2,1,16.1,0.9,0.7,usage,3,shared
cloud-gpu,cloud,gpu,4,2.1,80,0.9,2.5,reserved,,shared
""",
    "links.csv": """link,from_site,to_site,bandwidth_mbps,delay_ms,price_per_gb,scope
up,phone,edge,16.1,2.1,0,query
down,edge,phone,50,2.1,0,query
metro,edge,cloud,1000,10,0.02,shared
back,cloud,edge,1000,10,0.02,shared
""",
    "routes.csv": """from_site,to_site,position,link
phone,cloud,1,up
phone,cloud,2,metro
cloud,edge,1,back
""",
    "operators.csv": """operator,application,input_kb
image,vqa,100
speech,vqa,32.5
answer,vqa,
detect,video,400
track,video,
""",
    "edges.csv": """from_operator,to_operator
image,answer
speech,answer
detect,track
""",
    "placement.csv": """operator,allowed,value
speech,source,
answer,tier,cloud
answer,site,edge
""",
    "configurations.csv": """operator,configuration,output_kb,calls,origin
image,r18,1,1,"He et al., 2016"
image,r50,1,1,"He et al., 2016"
speech,small,0.5,1,
speech,large,0.5,1,
answer,base,0.1,1,
detect,720p,8,10,
detect,1080p,16,10,
track,fast,1,10,
track,best,1,10,
""",
    "compatible.csv": """operator,configuration,other_operator,other_configuration
detect,720p,track,fast
track,best,detect,1080p
image,r18,speech,small
image,r18,speech,large
image,r50,speech,large
""",
    "profiles.csv": """operator,configuration,hardware,allocation,latency_ms,busy_ms,share,memory_gb,min_rate_rps
image,r18,gpu,,4.2,4.2,1,1.5,
image,r50,gpu,,9,9,1,2.5,
speech,small,cpu,,30,30,1,0.5,
speech,large,cpu,,90,90,1,1.5,
answer,base,gpu,,2,2,1,1,
answer,base,gpu,batch 8,5,0.9,1,3,4
detect,720p,gpu,,6,6,0.5,2,
detect,1080p,gpu,,11,11,0.5,2,
track,fast,gpu,,1,1,1,0,
track,best,gpu,,3,3,1,0,
""",
    "accuracy.csv": """factor,operators,configurations,accuracy
joint,image;speech,r18;small,0.61
joint,image;speech,r18;large,0.64
joint,speech;image,large;r50,0.7
video,detect;track,720p;fast,0.5
video,detect;track,1080p;best,1
""",
    "queries.csv": (
        "query,application,source_site,sink_site,rate_rps,value,count,slo_latency_ms,slo_accuracy,slo_cost_per_1k\n"
        "q1,vqa,phone,phone,0.5,,1,150,0.6,\n"
        "q2,vqa,phone,,2,10,3,,,0.5\n"
        "q3,video,edge,cloud,1,,1,40.5,,\n"
    ),
}


def write(folder: Path, files: dict[str, str] | dict[str, bytes] = TINY) -> Path:
    """Write `files` into a new folder and return it."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def changed(file: str, old: str, new: str) -> dict[str, str]:
    """Return the tiny files with the one occurrence of `old` in `file` replaced by `new`."""
    assert TINY[file].count(old) == 1, f"{old!r} is not once in {file}"
    return {**TINY, file: TINY[file].replace(old, new)}
